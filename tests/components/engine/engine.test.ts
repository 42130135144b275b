import { once } from "node:events";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import { expect } from "chai";
import { connectEngine, type Engine, plain } from "../../../components/engine/engine.ts";
import { type FakeEngine, fakeEngine } from "./fake-engine.ts";

const { INFO, WARNING } = messages.LogSeverity;

describe("engine", () => {
  let fake: FakeEngine | undefined;
  const start = async (root: string | undefined, answersLogs = true): Promise<Engine> => {
    fake = await fakeEngine(root, answersLogs);
    return connectEngine(fake.address);
  };
  afterEach(() => fake?.die());
  const aborted = async (engine: Engine): Promise<unknown> => {
    if (!engine.gone.aborted) await once(engine.gone, "abort");
    return engine.gone.reason;
  };

  it("has no root resource in a destroy, and the stack's URN when a program ran", async () => {
    expect(await (await start("")).rootResource()).to.equal("");
    fake?.die();
    expect(await (await start("urn:pulumi:a::p::pulumi:pulumi:Stack::p-a")).rootResource()).to.equal(
      "urn:pulumi:a::p::pulumi:pulumi:Stack::p-a",
    );
  });

  it('throws when it cannot say: no answer is not the answer "none"', async () => {
    const engine = await start(undefined);
    let thrown: unknown;
    await engine.rootResource().catch((error: unknown) => {
      thrown = error;
    });
    expect(thrown).to.be.instanceOf(Error).with.property("message").that.includes("the engine cannot say");
  });

  it("is told a status for the moment, and news and warnings for good, each on its own row", async () => {
    const engine = await start("");
    await engine.say("urn:1", "Releasing", "status");
    await engine.say("urn:2", "Ready", "info");
    await engine.say("urn:2", "is stuck", "warning");
    expect(fake?.said).to.deep.equal([
      { urn: "urn:1", text: "Releasing", severity: INFO, ephemeral: true },
      { urn: "urn:2", text: "Ready", severity: INFO, ephemeral: false },
      { urn: "urn:2", text: "is stuck", severity: WARNING, ephemeral: false },
    ]);
  });

  it("hears no terminal escapes of MAAS or Juju", async () => {
    await (await start("")).say("urn:1", "a\u001b[2Jb\u0007c\n\td", "info");
    expect(fake?.said[0]?.text).to.equal("abc\n\td");
  });

  it("stops no teardown by a message that is lost", async () => {
    await (await start("", false)).say("urn:1", "x", "info");
    expect(fake?.said).to.have.length(1);
    fake?.die();
    const nobody = await start("");
    fake?.die();
    await nobody.say("urn:1", "x", "info");
  });

  it("is gone as soon as its connection is, and says so in words", async () => {
    const engine = await start("");
    await engine.rootResource();
    // The watch begins a moment after the first answer.
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.gone.aborted).to.equal(false);
    fake?.die();
    expect(await aborted(engine)).to.deep.equal({ why: "engine-gone" });
  });

  it("throws when there is no engine at all", async () => {
    const { address, die } = await fakeEngine("");
    die();
    let thrown: unknown;
    await connectEngine(address)
      .rootResource()
      .catch((error: unknown) => {
        thrown = error;
      });
    expect(thrown).to.be.instanceOf(Error);
  });

  it("cancels through a call that the provider's own server gets", async () => {
    const engine = await start("");
    const server = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const call = async (path: string) => {
      const stream = client.request({ ":path": path, ":method": "POST" });
      stream.resume();
      stream.end();
      await once(stream, "close");
    };
    try {
      await call("/pulumirpc.ResourceProvider/Delete");
      expect(engine.gone.aborted).to.equal(false);
      await call("/pulumirpc.ResourceProvider/Cancel");
      expect(await aborted(engine)).to.deep.equal({ why: "cancelled" });
      await call("/pulumirpc.ResourceProvider/Cancel");
      expect(engine.gone.reason).to.deep.equal({ why: "cancelled" });
    } finally {
      client.close();
      server.close();
    }
  });
});

describe("engine: what may be shown", () => {
  it("keeps letters, tabs and newlines, and takes control characters out", () => {
    const cases: [string, string][] = [
      ["näh · 20 %\n\tx", "näh · 20 %\n\tx"],
      ["a\r\nb\rc", "a\nbc"],
      ["\u001b[31mred\u001b[0m", "red"],
      ["\u001b[?25l\u001b[2J\u001b[1;1Hx", "x"],
      ["\u001b]0;title\u0007x", "]0;titlex"],
      ["\u009b31mx", "31mx"],
      ["a\u0000\u0008\u007fb", "ab"],
      ["", ""],
    ];
    for (const [text, shown] of cases) expect(plain(text), JSON.stringify(text)).to.equal(shown);
  });
});
