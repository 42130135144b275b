import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { itUnless } from "../needs.ts";

const root = join(import.meta.dirname, "..", "..");
const file = join(root, "components", "late.cjs");
const load = createRequire(import.meta.url)(file) as (name: string) => Record<string, unknown>;
const methods = ["create", "diff", "update", "read", "delete"];

describe("the code that the state loads", () => {
  it("loads each component's provider, with every method that Pulumi calls", () => {
    for (const name of ["preflight", "juju-model", "juju-reaping", "maas-machine", "exit-criteria"]) {
      expect(load(name), name).to.include.all.keys(...methods, "configure");
    }
    expect(load("capture")).to.include.all.keys("run");
  });

  it("does not know a component that is not there", () => {
    expect(() => load("nothing")).to.throw(/nothing/);
  });

  it("is found by its package's name from the project's folder, as the state's line asks for it", () => {
    const byName = createRequire(`${root}/`)("openstack-lab/late") as typeof load;
    expect(byName("preflight")).to.equal(load("preflight"));
  });

  // The file is read by whatever `node` is first on PATH: nothing in it may be too new for that one.
  const old = ["/usr/bin/node", "/usr/local/bin/node"].filter(
    (node) => existsSync(node) && /^v(1\d|2[0-3])\./.test(spawnSync(node, ["--version"]).stdout.toString()),
  )[0];
  const saying = `
    const provider = require(process.argv[1])("maas-machine");
    for (const method of ["check", "diff", "create", "read", "update", "delete", "run"]) {
      try { provider[method](); console.log(method, "DID"); } catch (error) { console.log(method, error.message, "|", error.stack); }
    }`;
  const lines = (node: string, before = "") =>
    spawnSync(node, ["-e", before + saying, file])
      .stdout.toString()
      .trim()
      .split("\n");
  const isOneClearLine = (line: string) => {
    expect(line).to.match(/needs Node >= 24, and `node` on PATH is v\d+\.\S+; nothing was touched/);
    expect(line.split("|")[1]?.trim()).to.equal("see its own entry");
  };

  const needed = old ? undefined : "needs a Node older than 24 in /usr/bin";
  itUnless(needed)("says in one line that Node is too old, in each method, on an old Node", () => {
    const said = lines(old ?? "");
    expect(said).to.have.length(7);
    for (const line of said) isOneClearLine(line);
  });

  it("says so by the version alone", () => {
    const older =
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.18.0" } });';
    const said = lines(process.execPath, older);
    expect(said).to.have.length(7);
    for (const line of said) isOneClearLine(line);
  });
});
