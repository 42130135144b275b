import { expect } from "chai";
import { machineStory } from "../../teardown/machine-story.ts";
import { startStory, timeOfDay } from "../../teardown/story.ts";
import { keptRow, memoryRun, recordedMachine, start } from "./support/fakes.ts";

describe("story", () => {
  const clock = () => {
    const state = { time: start };
    return { state, now: () => state.time, sleep: async () => {} };
  };

  it("tells each state once, since when it waits, and what is going on", () => {
    const [time, row] = [clock(), keptRow()];
    const story = startStory(row, time, undefined);
    expect(story.came("Deployed")).to.deep.equal({ from: "" });
    expect(story.came("Deployed")).to.equal(undefined);
    time.state.time += 2_000;
    expect(story.came("Releasing")).to.deep.equal({ from: "Deployed" });
    story.now("powering off");
    time.state.time += 3_000;
    story.came("Ready");
    expect(row.told.map(({ text }) => text)).to.deep.equal([
      "Deployed",
      "Deployed → Releasing since 14:00:02Z",
      "Deployed → Releasing since 14:00:02Z · powering off",
      "Deployed → Releasing → Ready since 14:00:05Z",
    ]);
    expect(story.told()).to.equal("Deployed → Releasing → Ready in 5.0 s");
  });

  it("says how long it usually takes, when that is known", () => {
    const row = keptRow();
    startStory(row, clock(), 90_000).came("Deployed");
    expect(row.told[0]?.text).to.equal("Deployed (usually 1 min 30 s in all)");
  });

  it("has nothing to tell of nothing, and no time for one state", () => {
    const story = startStory(keptRow(), clock(), undefined);
    expect(story.told()).to.equal("");
    story.came("Ready");
    expect(story.told()).to.equal("Ready");
  });

  it("is written to the journal for a machine, with its failures in the end", () => {
    const run = memoryRun();
    const story = machineStory(recordedMachine(), run, keptRow(), clock(), undefined);
    story.came("Deployed", "look");
    story.came("Deployed", "poll");
    story.failed("first\nsecond line");
    story.came("Ready", "poll");
    expect(story.told()).to.match(/^Deployed → Ready in 0 ms, after 1 failed release \(first\)$/);
    story.failed("again");
    expect(story.told()).to.include("after 2 failed releases (again)");
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
