import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type LabRecord, storedRecord } from "../teardown/record.ts";

const runRecord = z.object({ project: z.string(), stack: z.string(), lab: storedRecord });

/** A run directory, and whose run it is. */
export type KnownRun = { directory: string; project: string; stack: string; lab: LabRecord };

const stamped = /-(\d{8}T\d{6}Z)(?:-(\d+))?$/;

const read = (directory: string): KnownRun | undefined => {
  try {
    const parsed = runRecord.safeParse(JSON.parse(readFileSync(join(directory, "run.json"), "utf8")));
    return parsed.data && { directory, ...parsed.data };
  } catch {
    return undefined;
  }
};

const namesIn = (root: string): string[] => {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
};

/** The newest run of a backup root, whatever its label; undefined also where the folder cannot be read. */
export const newestRun = (
  root: string,
  isMeant: (run: KnownRun) => boolean = () => true,
): KnownRun | undefined => {
  const begun = namesIn(root).flatMap((name) => {
    const [, stamp = "", more = "1"] = stamped.exec(name) ?? [];
    return stamp ? [{ name, stamp, more: Number(more) }] : [];
  });
  begun.sort((one, other) => other.stamp.localeCompare(one.stamp) || other.more - one.more);
  for (const { name } of begun) {
    const run = read(join(root, name));
    if (run && isMeant(run)) return run;
  }
  return undefined;
};
