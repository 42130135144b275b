import { expect } from "chai";
import { turns } from "../../../../teardown/clients/maas.ts";

describe("turns", () => {
  it("are so many at a time, in the order of coming", async () => {
    const { take, full } = turns(2);
    const log: string[] = [];
    expect(full()).to.equal(false);
    const took = ["a", "b", "c", "d"].map(async (name) => {
      const end = await take(undefined);
      log.push(name);
      return end;
    });
    const [a, b] = await Promise.all(took.slice(0, 2));
    expect(log).to.deep.equal(["a", "b"]);
    expect(full()).to.equal(true);
    b?.();
    const c = await took[2];
    expect(log).to.deep.equal(["a", "b", "c"]);
    a?.();
    c?.();
    await took[3];
    expect(log).to.deep.equal(["a", "b", "c", "d"]);
  });

  it("are given up when the signal is aborted, and go to the next one then", async () => {
    const { take } = turns(1);
    const first = await take(undefined);
    const stopping = new AbortController();
    const stopped = take(stopping.signal);
    const next = take(undefined);
    stopping.abort();
    expect(await stopped).to.equal(undefined);
    first?.();
    expect(await next).to.be.a("function");
    expect(await take(AbortSignal.abort())).to.equal(undefined);
  });
});
