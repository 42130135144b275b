import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "./event.ts";
import { isClosed, readJournal } from "./journal.ts";
import { inHome, newestFirst } from "./run-directory.ts";

/** How long things took in earlier runs that met the exit criteria, in ms; undefined when there were none. */
export type TypicalDurations = { model: number | undefined; machine: number | undefined };

const runsLookedAt = 3;
// A backup root may hold years of runs.
const directoriesLookedAt = 10;

const median = (values: number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Looks at the newest finished runs in the backup root: the median of a machine's release and of the model's destruction. */
export const typicalDurations = (backupRoot: string, backupLabel: string): TypicalDurations => {
  const root = inHome(backupRoot);
  if (!existsSync(root)) return { model: undefined, machine: undefined };
  const journals: RunEvent[][] = [];
  for (const name of newestFirst(root, backupLabel).slice(0, directoriesLookedAt)) {
    if (journals.length === runsLookedAt) break;
    const events = readJournal(join(root, name, "journal.jsonl"));
    if (isClosed(events)) journals.push(events);
  }
  const took = (of: "model" | "machine") =>
    journals.flatMap((events) => {
      const opened = events.find((each) => each.event === "run-opened");
      const model = opened?.event === "run-opened" ? opened.model?.name : undefined;
      const done = events.filter((each) => each.event === "done");
      // Its destruction is called by one resource and followed by another; the first version had one for both.
      const reaping = done.some(({ resource }) => resource === "reaping") ? "reaping" : model;
      return done.flatMap(({ resource, took }) => {
        if (of === "model") return resource === reaping ? [took] : [];
        return resource === reaping || resource === model ? [] : [took];
      });
    });
  return { model: median(took("model")), machine: median(took("machine")) };
};
