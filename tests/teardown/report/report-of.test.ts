import { expect } from "chai";
import { messageOf } from "../../../teardown/report/destroys.ts";
import { reportOf } from "../../../teardown/report/report-of.ts";
import {
  called,
  calledAgain,
  captured,
  closed,
  exit,
  factsOf,
  goodRun,
  hostnamesOf,
  machineOf,
  model,
  modelDone,
  modelName,
  passed,
  started,
  story,
} from "./support/runs.ts";

const five = hostnamesOf(5);
const one = machineOf("openstack0", 0);
const begun = () =>
  story(["openstack0"])
    .at(0, started())
    .at(2, passed(five))
    .at(12, captured)
    .at(13, one.state("", "Deployed"), one.release());

describe("reportOf", () => {
  it("says of a teardown that went well what was destroyed, when, by whom, from where and what comes next", () => {
    const report = reportOf(goodRun(five), factsOf());
    expect(report).to.include({
      outcome: "complete",
      stack: "lab",
      destructive: true,
      elapsed: 420_000,
      active: 420_000,
    });
    expect(report.headline).to.contain("model admin/openstack gone, 5 of 5 machines Ready");
    expect(report.destroys[0]).to.include({
      user: "jessea123",
      host: "vopenstack-jesse",
      message: "Caracal rebuild, CHG-1",
    });
    expect(report.next).to.deep.equal(["proceed to 02-deploy.md"]);
    expect(report.results.map(({ name, state, done, calls }) => [name, state, done, calls])).to.deep.equal([
      [modelName, "gone", true, 1],
      ...five.map((hostname) => [hostname, "Ready", true, 1]),
    ]);
    expect(report.troubles).to.deep.equal([]);
  });

  it("compares each phase with the runbook's normal time", () => {
    const { phases } = reportOf(goodRun(five), factsOf());
    expect(phases.map(({ name, took, pace }) => [name, took, pace])).to.deep.equal([
      ["guards", 900, "normal"],
      ["capture", 8_000, "normal"],
      ["destroy model", 387_000, "normal"],
      ["release", 141_000, "normal"],
      ["exit criteria", 20_000, "normal"],
    ]);
  });

  it("calls a release that took longer than 5 minutes slower than normal, but not one that erases disks", () => {
    const slow = (erase: string) =>
      story(["openstack0"])
        .at(0, started({ settings: { erase } }), one.state("", "Deployed"), one.release())
        .at(301, one.state("Deployed", "Ready"), one.done).events;
    const release = (erase: string) =>
      reportOf(slow(erase), factsOf()).phases.find(({ name }) => name === "release")?.pace;
    expect(release("none")).to.equal("slower");
    expect(release("secure")).to.equal("not compared");
  });

  it("tells nothing destroyed from something destroyed when the guards refuse", () => {
    const refusal = {
      event: "guards-refused" as const,
      took: 5,
      findings: [
        {
          guard: "host",
          subject: "vm",
          verdict: "refused" as const,
          found: "is another host",
          expected: "here",
          next: "log in",
        },
      ],
    };
    const untouched = reportOf(story(five).at(0, started()).at(1, refusal).events, factsOf());
    expect(untouched).to.include({ outcome: "refused", destructive: false });
    expect(untouched.headline).to.contain("Nothing was touched");
    expect(untouched.troubles[0]).to.deep.include({
      resources: ["vm"],
      found: "is another host",
      more: ["expected: here", "log in"],
    });
    const later = reportOf(begun().at(50, started()).at(51, refusal).events, factsOf());
    expect(later.headline).to.contain("Nothing more was destroyed");
  });

  it("shows each failed release with its reason, the wait, and the next attempt", () => {
    const report = reportOf(
      begun()
        .at(43, one.answer("power-failed", "the BMC did not answer"))
        .at(45, one.release(2))
        .at(75, one.answer("accepted", "Releasing", 2), one.state("Deployed", "Releasing"))
        .at(80, one.state("Releasing", "Ready"), one.done).events,
      factsOf(),
    );
    const machine = report.results.find(({ name }) => name === "openstack0");
    expect(machine).to.deep.include({ calls: 2, reasons: ["the BMC did not answer"], done: true });
    const lane = report.destroys[0]?.lanes.find(({ resource }) => resource === "openstack0");
    expect(
      lane?.bars.filter(({ from, to }) => from !== to).map(({ state, kind }) => [state, kind]),
    ).to.deep.equal([
      ["release sent", "asked"],
      ["waiting to try again", "trouble"],
      ["release sent again", "asked"],
      ["Releasing", "under way"],
    ]);
  });

  it("leaves the time between two destroys out, and says which trouble was solved", () => {
    const report = reportOf(
      begun()
        .at(43, one.answer("power-failed", "off"), one.stopped("machine", "failed\nlook\npulumi destroy"))
        .at(7_200, started({ settings: { erase: "none", simulated: false, deadline: 5 } }), passed(five))
        .at(7_210, one.state("", "Deployed"), one.release())
        .at(7_240, one.state("Deployed", "Ready"), one.done)
        .at(7_250, exit(true), closed).events,
      factsOf(),
    );
    expect(report.destroys.map(({ outcome, took }) => [outcome, took])).to.deep.equal([
      ["stopped", 43_000],
      ["complete", 50_000],
    ]);
    expect(report).to.include({ outcome: "complete", active: 93_000, elapsed: 7_250_000 });
    expect(report.results.find(({ name }) => name === "openstack0")?.took).to.equal(60_000);
    expect(report.troubles.map(({ destroy, solved, more }) => [destroy, solved, more])).to.deep.equal([
      [1, true, ["look", "pulumi destroy"]],
    ]);
    expect(report.destroys[1]?.changed).to.deep.equal([{ key: "deadline", from: null, to: 5 }]);
  });

  it("calls a journal that ends without a word cut off, and one whose process lives under way", () => {
    const { events } = begun();
    const cut = reportOf(events, factsOf());
    expect(cut.outcome).to.equal("cut off");
    expect(cut.next).to.deep.equal(["pulumi cancel --yes", "pulumi destroy"]);
    expect(cut.troubles[0]?.code).to.equal("cut off");
    expect(cut.results.find(({ name }) => name === "openstack0")).to.include({
      state: "release sent",
      done: false,
    });
    expect(cut.destroys[0]?.lanes.at(-1)).to.include({ good: false });
    expect(reportOf(events, factsOf({ running: true })).outcome).to.equal("under way");
  });

  it("asks to give back the lock of an engine that is gone", () => {
    const stopped = one.stopped("interrupted", "it is over", { why: "engine-gone" });
    const report = reportOf(begun().at(20, stopped).events, factsOf());
    expect(report.outcome).to.equal("interrupted");
    expect(report.next).to.deep.equal(["pulumi cancel --yes", "pulumi destroy"]);
    const cancelled = one.stopped("interrupted", "it is over", { why: "cancelled" });
    expect(reportOf(begun().at(20, cancelled).events, factsOf()).next).to.deep.equal(["pulumi destroy"]);
  });

  it("does not take a destroy without exit criteria for a complete one", () => {
    const report = reportOf(begun().at(60, one.state("Deployed", "Ready"), one.done).events, factsOf());
    expect(report.outcome).to.equal("ended early");
  });

  it("says once what stopped several machines in the same words", () => {
    const two = machineOf("openstack1", 1);
    const run = begun().at(
      20,
      one.stopped("deadline", "time is up\nmore"),
      two.stopped("deadline", "time is up\nmore"),
    );
    const { troubles, outcome } = reportOf(run.events, factsOf());
    expect(outcome).to.equal("interrupted");
    expect(troubles.map(({ resources }) => resources)).to.deep.equal([["openstack0", "openstack1"]]);
  });

  it("tells of a stuck model that was asked again and whose machines were removed by force", () => {
    const uuid = "u";
    const report = reportOf(
      story(five)
        .at(0, started(), model("dying"), called)
        .at(600, {
          event: "destroy-model-answered",
          uuid,
          attempt: 1,
          kind: "stopped",
          text: "not done within 10 min",
          took: 1,
        })
        .at(601, { event: "remove-machines-called", uuid, ids: ["0", "1"] }, calledAgain(2))
        .at(700, {
          event: "destroy-model-answered",
          uuid,
          attempt: 2,
          kind: "reported-gone",
          text: "",
          took: 1,
        })
        .at(701, model("gone"), modelDone).events,
      factsOf(),
    );
    expect(report.results[0]).to.deep.include({
      calls: 2,
      pace: "slower",
      reasons: [
        "destroy-model was stopped at `stuckAfter`; the destruction went on in the controller",
        "stuck: machines 0, 1 were removed by force",
      ],
    });
  });

  it("makes something of a journal that holds nothing", () => {
    const report = reportOf(
      [],
      factsOf({ capture: { state: "none", checked: "", files: [], problems: [] } }),
    );
    expect(report).to.include({ outcome: "cut off", destructive: false });
    expect(report.destroys).to.deep.equal([]);
  });
});

describe("the message of a command line", () => {
  for (const [command, message] of [
    ["pulumi destroy -m Caracal rebuild -y", "Caracal rebuild"],
    ["pulumi destroy --message=two words --yes", "two words"],
    ["pulumi destroy -y -m last", "last"],
    ["pulumi destroy -m=CHG-1, re-run", "CHG-1, re-run"],
    ["pulumi destroy --yes", ""],
  ] as const)
    it(`of ${command} is ${JSON.stringify(message)}`, () => expect(messageOf(command)).to.equal(message));
});
