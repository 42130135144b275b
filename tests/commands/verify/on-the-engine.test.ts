import { renameSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import type { Verification } from "../../../commands/verify/verify.ts";
import { projectRoot } from "../../../packages/toolchain/environment.ts";
import { makeStack, type Stack } from "../../e2e/stack.ts";

describe("openstack-lab verify, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  before(async () => {
    stack = await makeStack();
  });
  after(() => stack.end());

  const run = (...argv: string[]) =>
    execa(process.execPath, [join(projectRoot, "commands/main.ts"), "verify", "--stack", "sim", ...argv], {
      cwd: stack.project,
      env: stack.env,
      reject: false,
      stdin: "ignore",
    });
  const verify = async (...argv: string[]) => {
    const { stdout, exitCode, stderr } = await run("--json", ...argv);
    expect(stderr).to.equal("");
    return { exitCode, seen: JSON.parse(stdout) as Verification };
  };
  const changing = async () =>
    (await stack.lab.calls()).filter(({ what }) => /POST|PUT|DELETE|destroy|remove/.test(what));

  it("needs the controller's name where nothing was adopted, and finds the lab by its names", async () => {
    const without = await run();
    expect(without.exitCode).to.equal(1);
    expect(without.stderr).to.include("pulumi config set jujuController");
    const { juju } = await stack.lab.state();
    stack.configure({ jujuController: "maas-lab" });
    const { exitCode, seen } = await verify();
    expect(exitCode).to.equal(3);
    expect(seen).to.include({ identities: "names", met: false });
    const uuid = juju.models.find(({ name }) => name.endsWith("openstack"))?.uuid ?? "no model";
    expect(seen.criteria[0]?.found).to.include(`${uuid} is alive`);
    expect((await run("--by-name")).exitCode).to.equal(3);
    stack.configure({ jujuController: undefined });
  });

  it("goes by what `up` recorded, and prints the UUIDs", async () => {
    expect((await stack.up()).code).to.equal(0);
    const { exitCode, seen } = await verify();
    expect(exitCode).to.equal(3);
    expect(seen).to.include({ identities: "stack", met: false });
    expect(seen.criteria.map(({ met }) => met)).to.deep.equal(Array(6).fill(false));
    const { stdout } = await run();
    expect(stdout).to.include(`model admin/openstack ${seen.model?.uuid}`);
    expect(stdout).to.include("the exit criteria are not met: 6 of 6");
  });

  it("ends with 0 after the destroy, by its run, and has changed nothing", async () => {
    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    const before = await changing();
    const { exitCode, seen } = await verify();
    expect(exitCode).to.equal(0);
    expect(seen).to.include({ identities: "run", met: true, run: stack.runs()[0] });
    expect(seen.criteria.map(({ found }) => found)).to.deep.equal(["gone", ...Array(5).fill("Ready")]);
    expect(await changing()).to.deep.equal(before);
    expect(stack.runs()).to.have.length(1);
  });

  it("says what was never seen, and believes in an absent name only when it is told to", async () => {
    renameSync(stack.backups, `${stack.backups}.away`);
    stack.configure({ jujuController: "maas-lab" });
    const { exitCode, seen } = await verify();
    expect(exitCode).to.equal(3);
    expect(seen.criteria[0]).to.include({ met: false });
    expect(seen.criteria[0]?.found).to.include("was never seen here");
    const named = await verify("--by-name");
    expect(named.exitCode).to.equal(0);
    expect(named.seen.controller.uuid).to.match(/^[0-9a-f-]{36}$/);
    renameSync(`${stack.backups}.away`, stack.backups);
  });

  it("ends with 3 when a machine was deleted since, and with 1 when there is no such stack", async () => {
    stack.configure({ jujuController: undefined });
    await stack.lab.control({ op: "remove-machine", hostname: "openstack3" });
    const { exitCode, seen } = await verify();
    expect(exitCode).to.equal(3);
    expect(seen.criteria.filter(({ met }) => !met).map(({ found }) => found)).to.deep.equal([
      "deleted from MAAS",
    ]);
    expect((await run("--stack", "nope")).exitCode).to.equal(1);
  });
});
