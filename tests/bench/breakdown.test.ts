import { expect } from "chai";
import { breakdownOf } from "../../bench/breakdown.ts";
import { mostAtOnce } from "../../bench/curve.ts";
import { median, spread } from "../../bench/statistics.ts";
import { readEvent, type TimedRun } from "../../bench/timed-cli.ts";
import type { RunEvent } from "../../teardown/run/event.ts";

const at = (ms: number) => new Date(ms).toISOString();
const call = (what: string, startedAt: number, took: number) => ({
  what,
  startedAt: at(startedAt),
  at: at(startedAt + took),
});

// A destroy that began at 1000; times in ms.
const run: TimedRun = {
  code: 0,
  output: "",
  began: 1_000,
  ended: 9_900,
  events: [
    { at: 1_900, kind: "resourcePreEvent", op: "refresh", urn: "exit" },
    { at: 2_500, kind: "resourcePreEvent", op: "delete", urn: "preflight" },
  ],
  provider: { seen: 1_400, peakBytes: 1 },
};
const base = { v: 1 as const };
const journal: RunEvent[] = [
  { ...base, at: at(2_800), event: "guards-passed", findings: [], took: 300 },
  { ...base, at: at(3_300), event: "captured", by: "backup", files: [], withoutBundle: false, took: 300 },
  { ...base, at: at(8_000), event: "done", resource: "openstack0", text: "", took: 1 },
  { ...base, at: at(9_000), event: "done", resource: "admin/openstack", text: "", took: 1 },
  { ...base, at: at(9_500), event: "run-closed", outcome: "complete", took: 1, nextStep: "" },
];
const calls = [
  call("GET /MAAS/of-an-earlier-up", 500, 9_000),
  call("GET /MAAS/refresh", 2_000, 10),
  call("juju models", 2_550, 120),
  call("GET /MAAS/guards", 2_560, 80),
  call("juju export-bundle", 3_000, 200),
  call("POST /MAAS/api/2.0/machines/abc123/?op=release", 3_500, 3_000),
  call("juju destroy-model x", 3_400, 5_200),
];

describe("the time of a destroy", () => {
  const breakdown = breakdownOf(run, journal, calls, { reap: 5_000, release: 3_000 });

  it("is taken apart into phases that follow each other, and nothing is left over", () => {
    expect(breakdown.phases.map(({ name, took }) => [name, took])).to.deep.equal([
      ["engine start", 400],
      ["provider start", 600],
      ["refresh", 500],
      ["guards", 300],
      ["capture", 500],
      ["first calls", 100],
      ["model and machines", 5_000],
      ["polling delay", 600],
      ["exit criteria", 500],
      ["engine end", 400],
    ]);
    expect(breakdown.phases.reduce((sum, { took }) => sum + took, 0)).to.equal(breakdown.total);
  });

  it("has a critical path: the slowest call of the guards, of the capture, and the lab's own time", () => {
    expect(breakdown.path).to.deep.equal({ guards: 120, capture: 200, lab: 5_000 });
    expect(breakdown.criticalPath).to.equal(5_320);
  });

  it("is not made up when the destroy did not go well", () => {
    expect(() => breakdownOf(run, journal.slice(0, 1), calls, { reap: 1, release: 1 })).to.throw(
      "the journal has no captured",
    );
  });
});

describe("what is read of a run", () => {
  it("is the kind, the step and the resource of the engine's events, and nothing of the others", () => {
    const line = (event: object) => JSON.stringify({ sequence: 1, timestamp: 1, ...event });
    expect(
      readEvent(line({ resourcePreEvent: { metadata: { op: "delete", urn: "urn:x" } } }), 7),
    ).to.deep.equal({ at: 7, kind: "resourcePreEvent", op: "delete", urn: "urn:x" });
    expect(readEvent(line({ diagnosticEvent: { message: "x" } }), 7)).to.equal(undefined);
  });

  it("is how many calls were under way at once; one that ends as another begins is not beside it", () => {
    expect(mostAtOnce([call("a", 0, 10), call("b", 5, 10), call("c", 10, 5), call("d", 15, 1)])).to.equal(2);
    expect(mostAtOnce([])).to.equal(0);
  });

  it("is the median, the smallest and the largest", () => {
    expect(spread([3, 1, 2])).to.deep.equal({ median: 2, min: 1, max: 3, runs: 3 });
    expect(median([4, 1, 2, 3])).to.equal(2.5);
    expect(median([])).to.be.NaN;
  });
});
