import { expect } from "chai";
import { machineProgress, startProgress, timeOfDay } from "../../teardown/progress.ts";
import { keptRow, memoryRun, recordedMachine, start } from "./support/fakes.ts";

describe("progress", () => {
  const clock = () => {
    const state = { time: start };
    return { state, now: () => state.time, sleep: async () => {} };
  };

  it("shows each state once, since when it waits, and what is going on", () => {
    const [time, row] = [clock(), keptRow()];
    const progress = startProgress(row, time, undefined);
    expect(progress.enter("Deployed")).to.deep.equal({ from: "" });
    expect(progress.enter("Deployed")).to.equal(undefined);
    time.state.time += 2_000;
    expect(progress.enter("Releasing")).to.deep.equal({ from: "Deployed" });
    progress.note("powering off");
    time.state.time += 3_000;
    progress.enter("Ready");
    expect(row.told.map(({ text }) => text)).to.deep.equal([
      "Deployed",
      "Releasing since 14:00:02Z",
      "powering off; Releasing since 14:00:02Z",
      "Ready since 14:00:05Z",
    ]);
    expect(progress.summary()).to.equal("Deployed → Releasing → Ready in 5.0 s");
  });

  it("says how long it typically takes, when that is known", () => {
    const row = keptRow();
    startProgress(row, clock(), 90_000).enter("Deployed");
    expect(row.told[0]?.text).to.equal("Deployed; typically 1 min 30 s in all");
  });

  it("has nothing to tell of nothing, and no time for one state", () => {
    const progress = startProgress(keptRow(), clock(), undefined);
    expect(progress.summary()).to.equal("");
    progress.enter("Ready");
    expect(progress.summary()).to.equal("Ready");
  });

  it("is written to the journal for a machine, with its failures in the end", () => {
    const run = memoryRun();
    const progress = machineProgress(recordedMachine(), run, keptRow(), clock(), undefined);
    progress.enter("Deployed", "look");
    progress.enter("Deployed", "poll");
    progress.failed("first\nsecond line");
    progress.enter("Ready", "poll");
    expect(progress.summary()).to.match(/^Deployed → Ready in 0 ms, after 1 failed release \(first\)$/);
    progress.failed("again");
    expect(progress.summary()).to.include("after 2 failed releases (again)");
    expect(
      run.journal.events().map((each) => ("to" in each ? [each.from, each.to, each.seenBy] : [])),
    ).to.deep.equal([
      ["", "Deployed", "look"],
      ["Deployed", "Ready", "poll"],
    ]);
  });

  it("spells a time of day in UTC", () => {
    expect(timeOfDay(Date.parse("2026-11-22T17:02:11.900+02:00"))).to.equal("15:02:11Z");
  });
});
