import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { Report } from "../../teardown/report/report.ts";
import { verifiedCapture } from "../../teardown/run/captured.ts";
import { verifyChain } from "../../teardown/run/journal.ts";
import { adoptedStack, makeStack, type Stack } from "./stack.ts";

describe("a lab's whole life, on the real engine", function () {
  this.timeout(120_000);
  let stack: Stack;
  before(async () => {
    // Juju is slow, and releases no machine itself: what is counted is ours.
    stack = await makeStack({
      scenario: { models: [{ name: "openstack", reap: "5m", releasesMachines: false }] },
    });
  });
  after(() => stack.end());

  it("adopts by looking only, and records identities", async () => {
    const { code, output } = await stack.up();
    expect(code, output).to.equal(0);
    const { machines, juju } = await stack.lab.state();
    for (const { systemId } of machines) expect(stack.stateText()).to.include(systemId);
    expect(stack.stateText()).to.include(juju.models.find(({ name }) => name === "admin/openstack")?.uuid);
    const changing = (await stack.lab.calls()).filter(({ what }) =>
      /POST|PUT|DELETE|destroy|remove/.test(what),
    );
    expect(changing).to.deep.equal([]);
  });

  it("shows in a preview that changes nothing one line a machine, and the model", async () => {
    const { code, output } = await stack.pulumi("preview");
    expect(code, output).to.equal(0);
    for (const { hostname, systemId } of (await stack.lab.state()).machines) {
      expect(output).to.match(new RegExp(`${hostname} +${systemId} +Deployed +on +juju +\\d +released`));
    }
    expect(output).to.match(
      /admin\/openstack +[0-9a-f-]{36} +alive +25 +\d+ +captured, then destroyed by force/,
    );
    expect(output, output).to.include("12 unchanged");
  });

  it("has the same as stack outputs, for scripts", async () => {
    const { code, output } = await stack.pulumi("stack", "output", "--json");
    expect(code, output).to.equal(0);
    const { affected, model } = JSON.parse(output.slice(output.indexOf("{"))) as {
      affected: Record<string, Record<string, unknown>>;
      model: { name: string; life: string };
    };
    const { machines } = await stack.lab.state();
    expect(Object.keys(affected)).to.have.members(machines.map(({ hostname }) => hostname));
    for (const { hostname, systemId } of machines)
      expect(affected[hostname]).to.deep.equal({ systemId, status: "Deployed", onDestroy: "release" });
    expect(model).to.include({ name: "admin/openstack", life: "alive" });
  });

  it("destroys in the runbook's order, and says what comes next", async () => {
    const { code, output } = await stack.destroy("-m", "a rehearsal");
    expect(code, output).to.equal(0);
    expect(output).to.include("proceed to 02-deploy.md");
    const file = join(stack.runs()[0] ?? "", "journal.jsonl");
    const chain = verifyChain(file);
    const last = chain.broken ? "" : chain.digests.at(-1);
    expect(output).to.include(`journal.jsonl ends with ${last}`);
    const report = JSON.parse(readFileSync(join(dirname(file), "report.json"), "utf8")) as Report;
    expect(report.journal.digest).to.equal(last);
    expect(stack.resources()).to.deep.equal([]);
    const { machines, juju } = await stack.lab.state();
    expect(machines.map(({ status }) => status)).to.deep.equal(machines.map(() => "Ready"));
    expect(juju.models.map(({ name }) => name)).to.deep.equal(["admin/controller"]);
  });

  it("leaves a run directory, a history and a call log that tell the same story", async () => {
    const calls = await stack.lab.calls();
    const [run] = stack.runs();
    const journal = stack.journal();
    const at = (pattern: RegExp, phase: "begin" | "end") =>
      calls
        .filter(({ what }) => pattern.test(what))
        .map(({ startedAt, at }) => Date.parse(phase === "begin" ? startedAt : at));
    const captured = Date.parse(journal.find(({ event }) => event === "captured")?.at ?? "");
    const releases = at(/op=release/, "begin");
    const destroys = at(/juju destroy-model/, "begin");
    // The capture is complete before the first destructive call.
    expect(Math.min(...releases, ...destroys)).to.be.at.least(captured);
    expect(releases).to.have.length(5);
    expect(destroys).to.have.length(1);
    // No release before the model is dying; the reaping and the releases overlap in time.
    const state = (name: string) =>
      Date.parse(journal.find((each) => each.event === "model-state" && each.state === name)?.at ?? "");
    expect(Math.min(...releases)).to.be.at.least(state("dying"));
    expect(Math.min(...releases)).to.be.below(state("gone"));
    // The exit criteria come last, and are read afresh after the last destructive call.
    expect(journal.slice(-2).map(({ event }) => event)).to.deep.equal(["exit-criteria", "run-closed"]);
    const reads = at(/juju models|GET .*machines/, "begin");
    expect(Math.max(...reads)).to.be.above(Math.max(...at(/op=release|destroy-model/, "end")));

    expect(verifiedCapture(run ?? "", journal)?.map(({ name }) => name)).to.deep.equal([
      "bundle-pre-destroy.yaml",
      "juju-status-pre-destroy.yaml",
      "juju-models-pre-destroy.yaml",
    ]);
    expect(statSync(run ?? "").mode & 0o777).to.equal(0o700);
    for (const name of readdirSync(run ?? ""))
      expect(statSync(join(run ?? "", name)).mode & 0o777, name).to.equal(0o600);

    const report = readFileSync(join(run ?? "", "report.html"), "utf8");
    for (const { hostname } of (await stack.lab.state()).machines) expect(report).to.include(hostname);

    const { output } = await stack.pulumi("stack", "history", "--json");
    const [last] = JSON.parse(output) as {
      kind: string;
      result: string;
      message: string;
      resourceChanges: { delete: number };
    }[];
    expect(last).to.deep.include({ kind: "destroy", result: "succeeded", message: "a rehearsal" });
    expect(last?.resourceChanges.delete).to.equal(12);
  });
});

describe("the state of a five-machine stack", function () {
  this.timeout(120_000);
  it("is small, readable and without a secret", async () => {
    const stack = await adoptedStack();
    try {
      const { checkpoint } = JSON.parse(stack.stateText()) as {
        checkpoint: { latest: { resources: { type: string; inputs?: object; outputs?: object }[] } };
      };
      const own = checkpoint.latest.resources.filter(({ type }) => !type.startsWith("pulumi:"));
      const size = own.reduce(
        (sum, { inputs, outputs }) =>
          sum + JSON.stringify(inputs ?? {}).length + JSON.stringify(outputs ?? {}).length,
        0,
      );
      expect(size).to.be.below(32 * 1024);
      const secret = stack.lab.apiKey.split(":")[2] ?? "no key";
      expect(stack.stateText()).to.not.include(secret);
      for (const name of readdirSync(stack.state, { recursive: true, withFileTypes: true })) {
        if (name.isFile())
          expect(readFileSync(join(name.parentPath, name.name), "utf8")).to.not.include(secret);
      }
    } finally {
      await stack.end();
    }
  });
});
