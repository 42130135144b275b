import { expect } from "chai";
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
    expect(report.problems).to.deep.equal([]);
  });

  it("compares each phase with the runbook's time", () => {
    const { phases } = reportOf(goodRun(five), factsOf());
    expect(phases.map(({ name, took, compared }) => [name, took, compared])).to.deep.equal([
      ["guards", 900, "within"],
      ["capture", 8_000, "within"],
      ["destroy model", 387_000, "within"],
      ["release", 141_000, "within"],
      ["exit criteria", 20_000, "within"],
    ]);
  });

  it("compares nothing of a simulated lab, whose time is its own, and no release that erases disks", () => {
    const slow = (settings: Record<string, unknown>) =>
      reportOf(
        story(["openstack0"])
          .at(0, started({ settings }), one.state("", "Deployed"), one.release())
          .at(301, one.state("Deployed", "Ready"), one.done).events,
        factsOf(),
      );
    const compared = (settings: Record<string, unknown>) => {
      const { phases, results } = slow(settings);
      return [phases.find(({ name }) => name === "release")?.compared, results.at(-1)?.compared];
    };
    expect(compared({ erase: "none" })).to.deep.equal(["longer", "longer"]);
    expect(compared({ erase: "secure" })).to.deep.equal(["not compared", "not compared"]);
    expect(compared({ erase: "none", simulated: true })).to.deep.equal(["not compared", "not compared"]);
    const simulated = reportOf(goodRun(five, started({ settings: { simulated: true } })), factsOf());
    expect(new Set(simulated.phases.map(({ compared }) => compared))).to.deep.equal(
      new Set(["not compared"]),
    );
    expect(simulated.phases.some(({ runbook }) => runbook)).to.equal(false);
  });

  it("tells nothing destroyed from something destroyed when the guards refuse", () => {
    const refusal = {
      event: "guards-refused" as const,
      took: 5,
      findings: [
        {
          code: "words" as const,
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
    expect(untouched.problems[0]).to.deep.include({
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
    expect(machine).to.deep.include({ calls: 2, failures: ["the BMC did not answer"], done: true });
    const timeline = report.destroys[0]?.timelines.find(({ resource }) => resource === "openstack0");
    expect(
      timeline?.bars.filter(({ from, to }) => from !== to).map(({ state, kind }) => [state, kind]),
    ).to.deep.equal([
      ["release sent", "asked"],
      ["waiting to try again", "problem"],
      ["release sent again", "asked"],
      ["Releasing", "under way"],
    ]);
  });

  it("counts a power-off that failed silently as a failure, though it was sent once", () => {
    const { results, destroys } = reportOf(
      begun()
        .at(43, one.answer("accepted", "Releasing"), one.state("Deployed", "Releasing"))
        .at(60, one.state("Releasing", "Deployed"))
        .at(61, one.stopped("deadline", "time is up")).events,
      factsOf(),
    );
    const machine = results.find(({ name }) => name === "openstack0");
    expect(machine).to.deep.include({ calls: 1, failures: ["the release failed: Deployed again"] });
    const timeline = destroys[0]?.timelines.find(({ resource }) => resource === "openstack0");
    expect(timeline?.bars.at(-1)).to.include({ state: "Deployed", kind: "problem" });
  });

  it("follows a dying model through the reaping, and does not take dying for its end", () => {
    const dying = story(["openstack0"]).at(0, started(), model("alive"), called).at(5, model("dying"));
    const left = {
      event: "done",
      resource: modelName,
      kind: "model",
      text: "alive → dying",
      took: 1,
    } as const;
    const reaped = {
      event: "done",
      resource: "reaping",
      kind: "reaping",
      text: "dying → gone",
      took: 1,
    } as const;
    dying.at(5, left).at(6, model("dying"));
    const last = () => reportOf(dying.events, factsOf()).destroys[0]?.timelines.at(-1);
    expect(last()).to.include({ end: "dying, end not seen", good: false });
    expect(
      last()?.bars.map(({ state, from, to }) => [state, Date.parse(to) - Date.parse(from)]),
    ).to.deep.equal([
      ["alive", 5_000],
      ["dying", 1_000],
      ["dying", 0],
    ]);
    const stopped = { event: "stopped", resource: "reaping", code: "deadline", message: "late" } as const;
    const [timeline] =
      reportOf([...dying.events, { at: "2026-11-22T14:01:00.000Z", ...stopped }], factsOf()).destroys[0]
        ?.timelines ?? [];
    expect(timeline).to.include({ end: "dying, waiting ended", good: false });
    dying.at(400, model("gone"), reaped);
    expect(last()).to.include({ end: "gone", good: true, took: 400_000 });
    expect(reportOf(dying.events, factsOf()).results[0]?.summary).to.equal("alive → dying; dying → gone");
  });

  it("names a journal that was changed among the problems, and its last digest otherwise", () => {
    const broken = reportOf(
      goodRun(five),
      factsOf({ journal: { lines: 0, digest: "", broken: "line 7 is no event" } }),
    );
    expect(broken.problems).to.have.length(1);
    expect(broken.problems[0]).to.include({ kind: "journal", found: "line 7 is no event", solved: false });
    expect(reportOf(goodRun(five), factsOf()).journal).to.deep.equal({ lines: 30, digest: "d16e57" });
  });

  it("holds the operator's snapshot and how to restore it", () => {
    const settings = { restoreHint: "lxc restore" };
    const snapshot = (exitCode: number) =>
      reportOf(
        story(five)
          .at(0, started({ settings }))
          .at(9, { event: "snapshot-ended", exitCode, end: "ended", output: "made", took: 1 }).events,
        factsOf(),
      );
    expect(snapshot(0).snapshot).to.include({ exitCode: 0, output: "made", restoreHint: "lxc restore" });
    expect(snapshot(1).outcome).to.equal("stopped");
  });

  it("leaves the time between two destroys out, and says which problem was solved", () => {
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
    expect(report.problems.map(({ destroy, solved, more }) => [destroy, solved, more])).to.deep.equal([
      [1, true, ["look", "pulumi destroy"]],
    ]);
    expect(report.destroys[1]?.changed).to.deep.equal([{ key: "deadline", from: null, to: 5 }]);
  });

  it("calls a journal that stops abruptly cut off, and one whose process lives under way", () => {
    const { events } = begun();
    const cut = reportOf(events, factsOf());
    expect(cut.outcome).to.equal("cut off");
    expect(cut.next).to.deep.equal(["pulumi cancel --yes", "pulumi destroy"]);
    expect(cut.problems[0]?.kind).to.equal("cut off");
    expect(cut.results.find(({ name }) => name === "openstack0")).to.include({
      state: "release sent",
      done: false,
    });
    expect(cut.destroys[0]?.timelines.at(-1)).to.include({ good: false });
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
    const { problems, outcome } = reportOf(run.events, factsOf());
    expect(outcome).to.equal("interrupted");
    expect(problems.map(({ resources }) => resources)).to.deep.equal([["openstack0", "openstack1"]]);
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
      compared: "longer",
      failures: [
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
