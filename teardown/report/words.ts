import { sayDuration } from "../config/duration.ts";
import type { Outcome, Pace, Result } from "./report.ts";

/** One word for how a run stands. */
export const outcomeWords: Record<Outcome, string> = {
  complete: "Torn down",
  refused: "Refused",
  stopped: "Stopped",
  interrupted: "Interrupted",
  "cut off": "Cut off",
  "ended early": "Ended early",
  "under way": "Under way",
};

export const paceWords: Record<Pace | "not reached", string> = {
  faster: "faster than normal",
  normal: "normal",
  slower: "slower than normal",
  failed: "did not pass",
  unfinished: "not finished",
  "not compared": "no normal time is known",
  "not reached": "not reached",
};

/** The state of what no destroy has come to. */
export const untouched = "not touched";

/** "1 machine", "5 machines". */
export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;

/** "16:11:36" of an ISO time, in UTC. */
export const clock = (at: string): string => at.slice(11, 19);
/** "2026-11-22 16:11:36 UTC". */
export const moment = (at: string): string => `${at.slice(0, 10)} ${clock(at)} UTC`;

/** A span of two moments; the day is not said twice. */
export const span = (from: string, to: string): string =>
  from.slice(0, 10) === to.slice(0, 10)
    ? `${from.slice(0, 10)} ${clock(from)} – ${clock(to)} UTC`
    : `${moment(from)} – ${moment(to)}`;

/** "68 KB"; 1 KB is 1,000 bytes. */
export const size = (bytes: number): string =>
  bytes < 1_000
    ? `${bytes} B`
    : bytes < 1_000_000
      ? `${(bytes / 1_000).toFixed(1)} KB`
      : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** A duration that may be missing. */
export const took = (ms: number | undefined): string => (ms === undefined ? "–" : sayDuration(ms));

const howFar = (results: Result[]): string => {
  const model = results.find(({ kind }) => kind === "model");
  const machines = results.filter(({ kind }) => kind === "machine");
  const ready = machines.filter(({ done }) => done).length;
  const ofMachines = machines.length === 0 ? "" : `${ready} of ${count(machines.length, "machine")} Ready`;
  return [model ? `model ${model.name} ${model.done ? "gone" : model.state}` : "", ofMachines]
    .filter(Boolean)
    .join(", ");
};

/** The whole run in one sentence. */
export const headlineOf = (outcome: Outcome, results: Result[], destructive: boolean): string => {
  const far = howFar(results);
  const untouched = destructive ? `Nothing more was destroyed: ${far}.` : "Nothing was touched.";
  switch (outcome) {
    case "complete":
      return `The lab is torn down: ${far}. Everything was read afresh and meets the exit criteria.`;
    case "refused":
      return `The guards refused to go on. ${untouched}`;
    case "stopped":
      return destructive ? `The teardown is not finished: ${far}.` : `The destroy stopped. ${untouched}`;
    case "interrupted":
      return destructive
        ? `The teardown was interrupted: ${far}. What MAAS and Juju had begun goes on by itself.`
        : `The destroy was interrupted. ${untouched}`;
    case "cut off":
      return destructive
        ? `The teardown was cut off in the middle: ${far} when last seen.`
        : `The destroy was cut off. ${untouched}`;
    case "ended early":
      return `What was asked for is done, but the exit criteria were not part of it: ${far}.`;
    case "under way":
      return `The teardown is under way: ${far} so far.`;
  }
};
