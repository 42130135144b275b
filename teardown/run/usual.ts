import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "./event.ts";
import { isClosed, readJournal } from "./journal.ts";
import { inHome, newestFirst } from "./run-directory.ts";

/** How long things took in earlier runs that met the exit criteria, in ms; undefined when there were none. */
export type Usual = { model: number | undefined; machine: number | undefined };

const runsLookedAt = 3;
// A backup root may hold years of runs.
const directoriesLookedAt = 10;

const median = (values: number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Looks at the newest finished runs in the backup root: the median of a machine's release and of the model's destruction. */
export const usualDurations = (backupRoot: string, backupLabel: string): Usual => {
  const root = inHome(backupRoot);
  if (!existsSync(root)) return { model: undefined, machine: undefined };
  const journals: RunEvent[][] = [];
  for (const name of newestFirst(root, backupLabel).slice(0, directoriesLookedAt)) {
    if (journals.length === runsLookedAt) break;
    const events = readJournal(join(root, name, "journal.jsonl"));
    if (isClosed(events)) journals.push(events);
  }
  const took = (isModel: boolean) =>
    journals.flatMap((events) => {
      const opened = events.find((each) => each.event === "run-opened");
      const model = opened?.event === "run-opened" ? opened.model?.name : undefined;
      return events.flatMap((each) =>
        each.event === "done" && (each.resource === model) === isModel ? [each.took] : [],
      );
    });
  return { model: median(took(true)), machine: median(took(false)) };
};
