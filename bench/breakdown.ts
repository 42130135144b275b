import type { RunEvent } from "../teardown/run/event.ts";
import type { TimedRun } from "./timed-cli.ts";

/** A call in the simulated lab's log. */
export type LoggedCall = { what: string; startedAt: string; at: string; detail?: Record<string, unknown> };

/** How long the simulated lab needs, in real ms. */
export type LabTimes = { reap: number; release: number };

/** Where the time of a destroy went, one after the other: the sum is the whole. In ms. */
export type Phase = { name: string; took: number };

export type Breakdown = {
  phases: Phase[];
  total: number;
  /** The slowest call of the guards, and of the capture, then what the lab itself needs. */
  criticalPath: number;
  /** Parts of the critical path, for the table. */
  path: { guards: number; capture: number; lab: number };
};

const startOf = ({ startedAt }: LoggedCall) => Date.parse(startedAt);
/** As its caller sees it: a call of juju begins with the start of its process. */
const tookOf = (call: LoggedCall) => {
  const { began } = call.detail ?? {};
  return Date.parse(call.at) - (typeof began === "string" ? Date.parse(began) : startOf(call));
};
const isDestructive = ({ what }: LoggedCall) => /op=release|destroy-model/.test(what);

/** The slowest call that began within a span of time. */
export const slowestCall = (calls: readonly LoggedCall[], from: number, to: number): number =>
  Math.max(
    0,
    ...calls
      .filter((call) => !isDestructive(call) && startOf(call) >= from && startOf(call) < to)
      .map(tookOf),
  );

/**
 * When the lab itself was done: the model gone, each machine Ready. A machine that is not released by us is not waited for here.
 */
const labDone = (calls: readonly LoggedCall[], times: LabTimes): number =>
  Math.max(
    ...calls
      .filter(isDestructive)
      .map((call) => startOf(call) + (/op=release/.test(call.what) ? times.release : times.reap)),
  );

/**
 * Takes the time of a destroy apart, by the engine's events, the journal and the lab's call log.
 *
 * @throws Error when the journal lacks a mark: the destroy did not go well
 */
export const breakdownOf = (
  run: TimedRun,
  journal: readonly RunEvent[],
  calls: readonly LoggedCall[],
  times: LabTimes,
): Breakdown => {
  const mark = (name: RunEvent["event"]): number => {
    const event = journal.find((each) => each.event === name);
    if (!event) throw new Error(`the journal has no ${name}`);
    return Date.parse(event.at);
  };
  const own = calls.filter((call) => startOf(call) >= run.began);
  const deleting = run.events.find(({ kind, op }) => kind === "resourcePreEvent" && op === "delete");
  const refreshing = run.events.find(({ kind, op }) => kind === "resourcePreEvent" && op === "refresh");
  const rows = journal.filter(({ event }) => event === "done").map(({ at }) => Date.parse(at));
  const firstCall = Math.min(...own.map(startOf));
  const firstDestructive = Math.min(...own.filter(isDestructive).map(startOf));
  const seen = run.provider?.seen ?? refreshing?.at ?? run.began;
  const guards = mark("guards-passed");
  const captured = mark("captured");
  const marks: [string, number][] = [
    ["engine start", seen],
    ["provider start", Math.max(seen, firstCall)],
    ["refresh", deleting?.at ?? guards],
    ["guards", guards],
    ["capture", captured],
    ["first calls", firstDestructive],
    ["model and machines", labDone(own, times)],
    ["polling delay", Math.max(...rows)],
    ["exit criteria", mark("run-closed")],
    ["engine end", run.ended],
  ];
  let before = run.began;
  const phases = marks.map(([name, at]) => {
    // Marks of several processes may overtake each other by a little.
    const end = Math.max(before, at);
    const phase = { name, took: end - before };
    before = end;
    return phase;
  });
  const path = {
    guards: slowestCall(own, deleting?.at ?? 0, guards),
    capture: slowestCall(own, guards, captured),
    lab: Math.max(times.reap, times.release),
  };
  return {
    phases,
    total: run.ended - run.began,
    criticalPath: path.guards + path.capture + path.lab,
    path,
  };
};
