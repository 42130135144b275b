import { sayDuration } from "../config/duration.ts";
import { count } from "../text/table.ts";
import type { Compared, Outcome, Result } from "./report.ts";

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

export const comparedWords: Record<Compared | "not reached", string> = {
  within: "within the runbook's time",
  longer: "longer than the runbook's",
  failed: "did not pass",
  unfinished: "not finished",
  "not compared": "not compared",
  "not reached": "not reached",
};

/** What a machine's way ends in that is no status of MAAS's. */
export const deleted = "deleted from MAAS";

/** The state of the model or a machine, also of one that no destroy has come to. */
export const stateOf = ({ state }: Result): string => state || "not touched";

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
  return [model ? `model ${model.name} ${model.done ? "gone" : stateOf(model)}` : "", ofMachines]
    .filter(Boolean)
    .join(", ");
};

/** The whole run in one sentence. */
export const headlineOf = (outcome: Outcome, results: Result[], destructive: boolean): string => {
  const far = howFar(results);
  const more = destructive ? `Nothing more was destroyed: ${far}.` : "Nothing was touched.";
  switch (outcome) {
    case "complete":
      return `The lab is torn down: ${far}. Everything was read afresh and meets the exit criteria.`;
    case "refused":
      return `The guards refused to go on. ${more}`;
    case "stopped":
      return destructive ? `The teardown is not finished: ${far}.` : `The destroy stopped. ${more}`;
    case "interrupted":
      return destructive
        ? `The teardown was interrupted: ${far}. What MAAS and Juju had begun goes on by itself.`
        : `The destroy was interrupted. ${more}`;
    case "cut off":
      return destructive
        ? `The teardown was cut off in the middle: ${far} when last seen.`
        : `The destroy was cut off. ${more}`;
    case "ended early":
      return `What was asked for is done, but the exit criteria were not part of it: ${far}.`;
    case "under way":
      return `The teardown is under way: ${far} so far.`;
  }
};
