import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parse } from "yaml";
import { exitCodeTable } from "../../commands/exit-codes.ts";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import { makeStack, type Stack } from "../e2e/stack.ts";
import { tornDown } from "../faults/witness.ts";

const example = (name: string): string => join(projectRoot, "examples/approval", name);

describe("examples/approval: plan, approve, destroy, verify", function () {
  this.timeout(180_000);
  let stack: Stack;
  let plan = "";
  before(async () => {
    stack = await makeStack({ config: { requireApproval: true } });
    plan = join(stack.directory, "plan.json");
  });
  after(() => stack.end());
  const step = async (...argv: string[]) => {
    const { exitCode, stdout, stderr } = await execa(example("teardown.sh"), argv, {
      cwd: stack.project,
      env: stack.env,
      reject: false,
      stdin: "ignore",
    });
    return { exitCode, stdout, output: stdout + stderr };
  };

  it("shows the plan, destroys what was approved and nothing else, and proves it", async () => {
    expect((await stack.up()).code).to.equal(0);
    const planned = await step("plan", "sim", plan);
    expect(planned.exitCode, planned.output).to.equal(0);
    const [, digest = ""] = /^digest ([0-9a-f]{64})$/m.exec(planned.stdout) ?? [];
    expect(planned.stdout).to.include("| openstack0 |");

    const tooEarly = await step("destroy", "sim", "CHG-1");
    expect(tooEarly.exitCode).to.not.equal(0);
    expect(tooEarly.output).to.include("is not approved, and `requireApproval` is set");
    expect((await step("verify", "sim")).exitCode).to.equal(3);

    const approved = await step("approve", "sim", plan);
    expect(approved.exitCode, approved.output).to.equal(0);
    expect(readFileSync(join(stack.project, "Pulumi.sim.yaml"), "utf8")).to.include(digest);
    stack.configure({ erase: "quick", approvedPlan: plan });
    const changed = await step("destroy", "sim", "CHG-1");
    expect(changed.exitCode).to.not.equal(0);
    expect(changed.output).to.include('settings.erase: "none" when approved, "quick" now');

    stack.configure({ erase: undefined });
    const destroyed = await step("destroy", "sim", "CHG-1");
    expect(destroyed.exitCode, destroyed.output).to.equal(0);
    await tornDown(stack);
    expect(stack.journal().findLast(({ event }) => event === "destroy-started")).to.include({
      approved: digest,
      message: "CHG-1",
    });
    const verified = await step("verify", "sim");
    expect(verified.exitCode, verified.output).to.equal(0);
  });

  it("ends with 2 when it is used wrongly", async () => {
    for (const argv of [[], ["plan"], ["plan", "sim"], ["destroy", "sim"], ["nope", "sim"]]) {
      const { exitCode, output } = await step(...argv);
      expect([argv, exitCode]).to.deep.equal([argv, 2]);
      expect(output).to.include("teardown.sh plan STACK PLAN_FILE");
    }
  });

  it("is what the workflow runs, with the codes that the page says", () => {
    const { jobs } = parse(readFileSync(example("github-actions.yml"), "utf8")) as {
      jobs: Record<string, { steps: { run?: string }[] }>;
    };
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run = "" }) => run));
    for (const name of ["plan", "destroy", "verify"])
      expect(
        runs.some((run) => run.includes(`examples/approval/teardown.sh ${name} `)),
        name,
      ).to.equal(true);
    const page = readFileSync(join(projectRoot, "docs/approval.md"), "utf8");
    for (const [, code, text] of exitCodeTable.matchAll(/^ {2}(\d) {2}(.*)$/gm))
      expect(page).to.include(`| ${code} | ${text} |`);
  });
});
