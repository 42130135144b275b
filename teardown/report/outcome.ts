import { isClosed, isDestructive } from "../run/journal.ts";
import { type DestroyEvents, ofKind } from "./destroys.ts";
import type { Lane, Outcome } from "./report.ts";

const waitingEnded = new Set(["interrupted", "deadline"]);

/**
 * How one destroy ended.
 *
 * @param running whether its process still holds the run
 */
export const outcomeOf = ({ events }: DestroyEvents, lanes: Lane[], running: boolean): Outcome => {
  if (isClosed(events)) return "complete";
  if (running) return "under way";
  if (events.some(({ event }) => event === "guards-refused")) return "refused";
  const stopped = ofKind(events, "stopped");
  if (stopped.some(({ code }) => !waitingEnded.has(code))) return "stopped";
  if (stopped.length > 0 || events.some(({ event }) => event === "interrupted")) return "interrupted";
  const failedCapture = events.some(({ event }) => event === "capture-failed");
  if (failedCapture || ofKind(events, "exit-criteria").some(({ met }) => !met)) return "stopped";
  // `--target` and `--exclude` leave the exit criteria out (engine.md 2): all that was begun is done then.
  const begun = lanes.filter(({ kind }) => kind !== "check");
  return isDestructive(events) && begun.every(({ good }) => good) ? "ended early" : "cut off";
};
