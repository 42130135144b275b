import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import type { Audit } from "../../../commands/audit/audit.ts";
import type { Plan } from "../../../commands/plan/plan.ts";
import { projectRoot } from "../../../packages/toolchain/environment.ts";
import { readPlanFile } from "../../../teardown/approval.ts";
import { makeStack, type Stack } from "../../e2e/stack.ts";

describe("openstack-lab plan and audit, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  before(async () => {
    stack = await makeStack();
  });
  after(() => stack.end());

  const run = (command: "plan" | "audit", ...argv: string[]) =>
    execa(process.execPath, [join(projectRoot, "commands/main.ts"), command, ...argv], {
      cwd: stack.project,
      env: { ...stack.env, PULUMI_STACK: "sim" },
      reject: false,
      stdin: "ignore",
    });
  const plan = async () => {
    const { stdout, exitCode, stderr } = await run("plan", "--stack", "sim", "--json");
    expect(stderr).to.equal("");
    return { exitCode, plan: JSON.parse(stdout) as Plan };
  };
  const changing = async () =>
    (await stack.lab.calls()).filter(({ what }) => /POST|PUT|DELETE|destroy|remove/.test(what));

  it("shows before any `up` what would be adopted, and changes nothing", async () => {
    const { exitCode, plan: seen } = await plan();
    expect(exitCode).to.equal(0);
    expect(seen).to.include({ identities: "today", wouldGo: true, simulated: true });
    expect(seen.lab?.machines).to.have.length(5);
    expect(await changing()).to.deep.equal([]);
    expect(stack.runs()).to.deep.equal([]);
  });

  it("goes by what the stack has on record after `up`", async () => {
    const { code, output } = await stack.up("-m", "adopt");
    expect(code, output).to.equal(0);
    const { exitCode, plan: seen } = await plan();
    expect(exitCode).to.equal(0);
    expect(seen).to.include({ identities: "stack", wouldGo: true, project: "openstack-lab", stack: "sim" });
    expect(seen.findings.every(({ verdict }) => verdict === "ok")).to.equal(true);
  });

  it("ends with 3 when a guard would refuse, and says what to do", async () => {
    stack.configure({ host: "elsewhere" });
    const { exitCode, stdout } = await run("plan");
    expect(exitCode).to.equal(3);
    expect(stdout)
      .to.match(/REFUSED +host/)
      .and.to.contain("log in to elsewhere");
    const ticket = await run("plan", "--markdown");
    expect(ticket.exitCode).to.equal(3);
    expect(ticket.stdout).to.contain("**Would be refused**");
    stack.configure({ host: (await plan()).plan.findings.find(({ guard }) => guard === "host")?.subject });
    expect((await run("plan")).exitCode).to.equal(0);
  });

  it("ends with a digest, which stays the same, and writes the plan to be approved", async () => {
    const file = join(stack.directory, "plan.json");
    const { exitCode, stdout, stderr } = await run("plan", "--out", file);
    expect([exitCode, stderr]).to.deep.equal([0, ""]);
    const [, digest = ""] = /^digest ([0-9a-f]{64})$/m.exec(stdout) ?? [];
    expect(stdout).to.include(`pulumi destroy -c approved=${digest}`);
    expect((await plan()).plan).to.include({ digest });
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const written = readPlanFile(file);
    expect(written).to.include({ v: 1, digest, stack: "sim", project: "openstack-lab" });
    const secret = stack.lab.apiKey.split(":")[2] ?? "no key";
    expect(readFileSync(file, "utf8")).to.not.include(secret);
    const nowhere = await run("plan", "--out", join(stack.directory, "no", "folder", "plan.json"));
    expect(nowhere.exitCode).to.equal(1);
    expect(nowhere.stderr).to.include("could not be written");
  });

  it("ends with 3 when Pulumi itself would refuse: a protected resource, an edited state, no passphrase", async () => {
    const urn = stack.resources().find((each) => each.includes("MaasMachine")) ?? "";
    await stack.pulumi("state", "protect", urn, "--yes");
    const guarded = await run("plan");
    expect(guarded.exitCode).to.equal(3);
    expect(guarded.stdout)
      .to.include("1 of its resources are protected")
      .and.to.include("pulumi state unprotect --all -y --stack sim");
    await stack.pulumi("state", "unprotect", "--all", "--yes");

    const { output: state } = await stack.pulumi("stack", "export");
    const edited = join(stack.directory, "edited.json");
    writeFileSync(
      edited,
      state.replace(/"hostname": "openstack3",(\s+)"owner"/, '"hostname": "openstack3",$1"ownr"'),
    );
    expect(readFileSync(edited, "utf8")).to.not.equal(state);
    await stack.pulumi("stack", "import", "--file", edited);
    const imported = await run("plan");
    expect(imported.exitCode).to.equal(3);
    expect(imported.stdout).to.include("its state has other records of the lab in");
    writeFileSync(edited, state);
    await stack.pulumi("stack", "import", "--file", edited);
    expect((await run("plan")).exitCode).to.equal(0);
    const { PULUMI_CONFIG_PASSPHRASE: _, ...env } = stack.env;
    const locked = await execa(
      process.execPath,
      [join(projectRoot, "commands/main.ts"), "plan", "--stack", "sim"],
      {
        cwd: stack.project,
        env,
        extendEnv: false,
        reject: false,
      },
    );
    expect(locked.exitCode).to.equal(3);
    expect(locked.stdout)
      .to.include("passphrase must be set")
      .and.to.include("export PULUMI_CONFIG_PASSPHRASE=");
  });

  it("ends with 1 when there is no such stack, 2 when an option is wrong, 3 when the settings cannot be used", async () => {
    expect((await run("plan", "--stack", "nope")).exitCode).to.equal(1);
    expect((await run("plan", "--wrong")).exitCode).to.equal(2);
    stack.configure({ stuckAfter: "soon" });
    const wrong = await run("plan");
    expect(wrong.exitCode).to.equal(3);
    expect(wrong.stderr).to.contain("stuckAfter").and.to.not.contain("    at ");
    stack.configure({ stuckAfter: undefined });
    expect((await run("plan", "--help")).stdout).to.contain("Examples");
  });

  it("audits the destroy with who, why and its capture, and still does so after `pulumi stack rm`", async () => {
    const { code, output } = await stack.destroy("-m", "a rehearsal");
    expect(code, output).to.equal(0);
    const audit = async () => {
      const { stdout, exitCode } = await run(
        "audit",
        "--stack",
        "sim",
        "--json",
        "--backup-root",
        stack.backups,
      );
      expect(exitCode).to.equal(0);
      return JSON.parse(stdout) as Audit;
    };
    const [up, destroy, ...more] = (await audit()).entries;
    expect(more).to.deep.equal([]);
    expect(up).to.include({ kind: "up", why: "adopt", known: "history only" });
    expect(destroy).to.include({
      kind: "destroy",
      why: "a rehearsal",
      known: "both",
      outcome: "complete",
      result: "succeeded",
    });
    expect(destroy?.run?.capture).to.equal("intact");
    await stack.pulumi("stack", "rm", "--yes");
    const left = (await audit()).entries;
    expect(left.map(({ kind, known, why }) => [kind, known, why])).to.deep.equal([
      ["destroy", "history erased", "a rehearsal"],
    ]);
    expect(existsSync(join(stack.runs()[0] ?? "", "journal.jsonl"))).to.equal(true);
  });
});
