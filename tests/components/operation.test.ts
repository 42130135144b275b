import { expect } from "chai";
import { stackOf } from "../../components/operation.ts";
import { type FakeEngine, fakeEngine } from "./engine/fake-engine.ts";
import { providerProcess } from "./support/provider.ts";

const stackUrn = "urn:pulumi:lab::openstack-lab::pulumi:pulumi:Stack::openstack-lab-lab";
const urn = "urn:pulumi:lab::openstack-lab::lab:index:Lab$pulumi-nodejs:dynamic/lab:MaasMachine::openstack0";
const asking = `
import { onlyInDestroy } from "./components/operation.ts";
try { await onlyInDestroy(${JSON.stringify(urn)}); console.log("ALLOWED"); }
catch (error) { console.log(error.code + ": " + error.message); }
process.exit(0);`;

describe("provider process: only a destroy destroys", () => {
  const asked = async (root: string | undefined, command: string[], name = "pulumi") => {
    const engine = await fakeEngine(root);
    try {
      return (await providerProcess(asking, engine.address, command, name).ended).output;
    } finally {
      engine.die();
    }
  };

  it("is allowed in a plain destroy, by each of its names", async () => {
    for (const word of ["destroy", "down", "dn"])
      expect(await asked("", [word, "--yes"]), word).to.match(/^ALLOWED/);
  });

  it("is allowed when the engine's command line cannot be seen, since the engine itself says so", async () => {
    expect(await asked("", ["destroy"], "something-else")).to.match(/^ALLOWED/);
  });

  it("is refused when a program ran, with the way to take the machine out of the stack", async () => {
    const output = await asked(stackUrn, ["up", "--yes"]);
    expect(output).to.match(/^refused: openstack0 is destroyed by `pulumi destroy` only/);
    expect(output).to.include("nothing was touched");
    expect(output).to.include("take it off that list, then: pulumi up   # forgets it");
  });

  it("is refused when the command line says otherwise, even if no program ran", async () => {
    expect(await asked("", ["up"])).to.match(/^refused: /);
    expect(await asked(stackUrn, ["destroy"])).to.match(/^refused: /);
  });

  it("is refused when the engine does not say, or there is none", async () => {
    expect(await asked(undefined, ["destroy"])).to.match(/^refused: /);
    const dead = await fakeEngine("");
    dead.die();
    expect((await providerProcess(asking, dead.address, ["destroy"]).ended).output).to.match(/^refused: /);
  });

  it("is refused in destroy --run-program, with how to run it", async () => {
    const output = await asked(stackUrn, ["destroy", "--run-program"]);
    expect(output).to.match(/^refused: `pulumi destroy --run-program` cannot be told from an `up`/);
    expect(output).to.include("Run it without: pulumi destroy");
  });
});

describe("provider process: its rows", () => {
  let engine: FakeEngine | undefined;
  afterEach(() => engine?.die());

  it("tell news in the order in which it was said, and all of it before the method ends", async () => {
    engine = await fakeEngine("");
    const lines = `
      import { rowOf, rowTold } from "./components/operation.ts";
      const row = rowOf("urn:1");
      for (let at = 0; at < 50; at++) at % 2 ? row.info("n" + at) : row.warn("n" + at);
      rowOf("urn:2").info("other");
      await rowTold("urn:1");
      console.log("TOLD");
      await rowTold("urn:2");
      process.exit(0);`;
    const { output } = await providerProcess(lines, engine.address, ["destroy"]).ended;
    expect(output).to.include("TOLD");
    const told = engine.said.filter(({ urn }) => urn === "urn:1").map(({ text }) => text);
    expect(told).to.deep.equal(Array.from({ length: 50 }, (_, at) => `n${at}`));
    expect(engine.said.filter(({ urn }) => urn === "urn:2")).to.have.length(1);
  });

  it("swallow a status that says the same again, and never an information", async () => {
    engine = await fakeEngine("");
    const lines = `
      import { rowOf, rowTold } from "./components/operation.ts";
      const row = rowOf("urn:1");
      for (const text of ["a", "a", "b", "a"]) { row.status(text); await rowTold("urn:1"); }
      row.info("x"); row.info("x");
      await rowTold("urn:1");
      process.exit(0);`;
    await providerProcess(lines, engine.address, ["destroy"]).ended;
    expect(engine.said.map(({ text }) => text)).to.deep.equal(["a", "b", "a", "x", "x"]);
  });
});

describe("provider process: when its engine dies", () => {
  const endsWithItsEngine = async (before: string) => {
    const engine = await fakeEngine("");
    const lines = `
      import { channel } from "node:diagnostics_channel";
      import { engine } from "./components/operation.ts";
      await engine().rootResource();
      ${before}
      console.log("CONNECTED");
      setInterval(() => {}, 1000);`;
    const child = providerProcess(lines, engine.address, ["destroy"]);
    await child.until("CONNECTED");
    engine.die();
    expect((await child.ended).code).to.equal(1);
  };

  it("ends by itself, with an error", () => endsWithItsEngine(""));

  it("ends by itself also when the operator has cancelled before", () =>
    endsWithItsEngine(`
      const headers = { ":path": "/pulumirpc.ResourceProvider/Cancel" };
      channel("http2.server.stream.start").publish({ headers });
      if (engine().gone.reason.why !== "cancelled") throw new Error("not cancelled");`));
});

describe("provider process: a URN's place", () => {
  it("is the stack and the project", () => {
    expect(stackOf(urn)).to.deep.equal({ stack: "lab", project: "openstack-lab" });
    expect(stackOf("nonsense")).to.deep.equal({ stack: "", project: "" });
  });
});
