import { expect } from "chai";
import { manualClock, realClock } from "../clock.ts";

describe("A manual clock", () => {
  it("stands still until it is moved, and then runs what is due in order", async () => {
    const clock = manualClock(1000);
    const seen: string[] = [];
    clock.after(30, () => seen.push(`b ${clock.now()}`));
    clock.after(10, () => {
      seen.push(`a ${clock.now()}`);
      clock.after(5, () => seen.push(`nested ${clock.now()}`));
    });
    const cancel = clock.after(20, () => seen.push("cancelled"));
    cancel();
    await clock.advance(9);
    expect([seen, clock.now()]).to.deep.equal([[], 1009]);
    await clock.advance(21);
    expect(seen).to.deep.equal(["a 1010", "nested 1015", "b 1030"]);
    expect(clock.now()).to.equal(1030);
  });

  it("wakes who sleeps, unless the sleep is aborted", async () => {
    const clock = manualClock();
    const abort = new AbortController();
    const slept = clock.sleep(100);
    const aborted = clock.sleep(100, abort.signal).catch((reason: unknown) => reason);
    abort.abort("enough");
    await clock.advance(100);
    expect(await aborted).to.equal("enough");
    expect(await slept).to.equal(undefined);
    expect(await clock.sleep(1, AbortSignal.abort("before")).catch((reason: unknown) => reason)).to.equal(
      "before",
    );
  });
});

describe("A real clock", () => {
  it("runs faster than real time by its speed", async () => {
    const clock = realClock(1000);
    const before = clock.now();
    await Promise.all([clock.sleep(20_000), new Promise((resolve) => setTimeout(resolve, 30))]);
    expect(clock.now() - before).to.be.at.least(20_000);
    expect(clock.speed).to.equal(1000);
  });
});
