import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { TeardownError } from "../errors.ts";
import { type LabRecord, storedRecord } from "../record.ts";
import { writeWhole } from "./files.ts";
import { isClosed, type Journal, openJournal, readJournal } from "./journal.ts";

const runRecord = z.object({
  v: z.literal(1),
  project: z.string(),
  stack: z.string(),
  opened: z.string(),
  lab: storedRecord,
});
type RunRecord = z.output<typeof runRecord>;

/** One teardown, over as many `pulumi destroy` as it takes. */
export type Run = {
  directory: string;
  lab: LabRecord;
  journal: Journal;
  lock: string;
};

/** Which run is meant: that of a stack, of one lab. */
export type RunKey = {
  backupRoot: string;
  backupLabel: string;
  project: string;
  stack: string;
  modelUuid: string | undefined;
  /**
   * Whether the newest run may be one that is closed: when only the exit criteria are left in the stack, a crash came between
   * the closing of their run and Pulumi's noticing.
   */
  alsoClosed?: boolean;
};

/** Reads `~` as the shell does. */
export const inHome = (path: string): string =>
  path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;

/** Says a path as an operator would type it. */
export const shownPath = (path: string): string => {
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
};

/** A time as run directories spell it: 20261122T140000Z. */
export const stamp = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;

const readRecord = (directory: string): RunRecord | undefined => {
  try {
    return runRecord.parse(JSON.parse(readFileSync(join(directory, "run.json"), "utf8")));
  } catch {
    return undefined;
  }
};

const runAt = (directory: string, { lab }: RunRecord, now: () => number): Run => ({
  directory,
  lab,
  journal: openJournal(join(directory, "journal.jsonl"), now),
  lock: join(directory, "lock"),
});

/** The names of a label's run directories: the label, the stamp, and a number when several began within a second. */
export const newestFirst = (root: string, label: string): string[] => {
  if (!existsSync(root)) return [];
  try {
    return readdirSync(root)
      .filter(
        (name) => name.startsWith(`${label}-`) && /^\d{8}T\d{6}Z(-\d+)?$/.test(name.slice(label.length + 1)),
      )
      .sort((one, other) => other.localeCompare(one, "en", { numeric: true }));
  } catch (error) {
    throw new TeardownError(
      "run",
      `the run directories in ${root} cannot be listed: ${(error as Error).message}\nNothing was touched. Mend the folder, or choose another:\n  pulumi destroy -c backupRoot=<folder>`,
      { cause: error },
    );
  }
};

/**
 * Finds the run that is still open for this stack and lab: the newest one that has not met the exit criteria. Undefined when
 * there is none. A record without a model UUID (`undefined` in the key) asks for the stack's newest open run whatever its model.
 */
export const findOpenRun = (key: RunKey, now: () => number = Date.now): Run | undefined => {
  const root = inHome(key.backupRoot);
  for (const name of newestFirst(root, key.backupLabel)) {
    const directory = join(root, name);
    const record = readRecord(directory);
    if (!record || record.project !== key.project || record.stack !== key.stack) continue;
    if (key.modelUuid !== undefined && record.lab.model?.uuid !== (key.modelUuid || undefined)) continue;
    return isClosed(readJournal(join(directory, "journal.jsonl"))) && !key.alsoClosed
      ? undefined
      : runAt(directory, record, now);
  }
  return undefined;
};

const makeDirectory = (root: string, name: string): string => {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  // Two stacks may begin within the same second.
  for (let more = 1; ; more++) {
    const directory = join(root, more === 1 ? name : `${name}-${more}`);
    try {
      mkdirSync(directory, { mode: 0o700 });
      chmodSync(directory, 0o700);
      return directory;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
};

const writeRecord = (directory: string, record: RunRecord) =>
  writeWhole(join(directory, "run.json"), `${JSON.stringify(record, null, 2)}\n`);

/** Writes down in a run that is continued what the stack says of the lab now. Only the holder of its lock may. */
export const keepRecord = (run: Run, lab: LabRecord): void => {
  const record = readRecord(run.directory);
  if (record && !isDeepStrictEqual(record.lab, lab)) writeRecord(run.directory, { ...record, lab });
};

/**
 * Continues the open run, or opens a new one.
 *
 * @throws TeardownError `run` when the directory cannot be made
 */
export const openRun = (key: RunKey, lab: LabRecord, now: () => number = Date.now): Run => {
  const open = findOpenRun(key, now);
  if (open) return { ...open, lab };
  const root = inHome(key.backupRoot);
  try {
    const directory = makeDirectory(root, `${key.backupLabel}-${stamp(now())}`);
    const record: RunRecord = {
      v: 1,
      project: key.project,
      stack: key.stack,
      opened: new Date(now()).toISOString(),
      lab,
    };
    writeRecord(directory, record);
    const run = runAt(directory, record, now);
    const { model } = lab;
    run.journal.write({
      event: "run-opened",
      project: key.project,
      stack: key.stack,
      ...(model && { model: { name: model.name, uuid: model.uuid, controller: model.controller } }),
      machines: lab.machines.map(({ hostname, systemId }) => ({ hostname, systemId })),
    });
    return run;
  } catch (error) {
    throw new TeardownError(
      "run",
      `no run directory can be made in ${root}: ${(error as Error).message}\nNothing was touched. Free some space or mend the folder, or choose another:\n  pulumi destroy -c backupRoot=<folder>`,
      { cause: error },
    );
  }
};
