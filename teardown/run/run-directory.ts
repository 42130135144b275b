import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { TeardownError } from "../errors.ts";
import { type LabRecord, storedRecord } from "../record.ts";
import { readText, syncFolder, writeWhole } from "./files.ts";
import {
  type BrokenChain,
  isClosed,
  type Journal,
  openJournal,
  readJournal,
  verifyChain,
} from "./journal.ts";

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

/** The run of a recorded lab, where the settings say; without a record, the stack's newest run whatever its model. */
export const runKey = (
  { backupRoot, backupLabel }: Pick<RunKey, "backupRoot" | "backupLabel">,
  { project, stack }: Pick<RunKey, "project" | "stack">,
  lab?: LabRecord,
): RunKey => ({ backupRoot, backupLabel, project, stack, modelUuid: lab && (lab.model?.uuid ?? "") });

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
    return runRecord.parse(JSON.parse(readText(join(directory, "run.json"))));
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

const wrong: Record<BrokenChain["why"], string> = {
  "line-before": "does not follow from the line before it: lines were edited, cut out or moved",
  unreadable: "is no event, and no crash is on record that left it so",
  "older-version": "is of an older version than the lines before it",
  "newer-version": "was written by a newer version of this project",
  "no-beginning": "is not the beginning of a run",
};

/** What is wrong with a journal, in words. */
export const brokenChain = ({ line, why }: BrokenChain): string =>
  `line ${line} of journal.jsonl ${wrong[why]}`;

const notTrusted = (directory: string, found: string, isNewer: boolean): TeardownError =>
  new TeardownError(
    "run",
    [
      `the journal of this teardown cannot be relied on: ${found}`,
      `Nothing was touched, and nothing was written in ${shownPath(directory)}.`,
      isNewer
        ? "Use the version that wrote it. To begin a new run instead:"
        : "Put the journal back from a copy, then: pulumi destroy. To begin a new run instead:",
      `mv '${directory}' '${directory}.aside' && pulumi destroy   # asks for withoutBundle when the model is dying already`,
    ].join("\n"),
  );

/**
 * Finds the run that is still open for this stack and lab: the newest one that has not met the exit criteria. Undefined when
 * there is none. A record without a model UUID (`undefined` in the key) asks for the stack's newest open run whatever its model.
 *
 * @throws TeardownError `run` when its journal is of a newer version, was changed, or is lost
 */
export const findOpenRun = (key: RunKey, now: () => number = Date.now): Run | undefined => {
  const root = inHome(key.backupRoot);
  for (const name of newestFirst(root, key.backupLabel)) {
    const directory = join(root, name);
    const record = readRecord(directory);
    if (!record || record.project !== key.project || record.stack !== key.stack) continue;
    if (key.modelUuid !== undefined && record.lab.model?.uuid !== (key.modelUuid || undefined)) continue;
    const file = join(directory, "journal.jsonl");
    const chain = verifyChain(file);
    const isNewer = chain.broken && chain.why === "newer-version";
    const events = readJournal(file);
    if (isClosed(events) && !key.alsoClosed) return undefined;
    if (chain.broken) throw notTrusted(directory, brokenChain(chain), isNewer);
    if (events.length > 0) return runAt(directory, record, now);
    if (existsSync(join(directory, "SHA256SUMS")))
      throw notTrusted(directory, "it is empty or missing, although there is a capture", false);
    // A crash of the first version, before anything was done.
  }
  return undefined;
};

/** Makes a run directory appear with all that it begins with: nobody ever finds one without its record or its first line. */
const makeDirectory = (root: string, name: string, fill: (directory: string) => void): string => {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const partial = mkdtempSync(join(root, `.${name}-`));
  try {
    fill(partial);
    // Two stacks may begin within the same second.
    for (let more = 1; ; more++) {
      const directory = join(root, more === 1 ? name : `${name}-${more}`);
      try {
        renameSync(partial, directory);
        syncFolder(root);
        return directory;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOTDIR") throw error;
      }
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
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
    const record: RunRecord = {
      v: 1,
      project: key.project,
      stack: key.stack,
      opened: new Date(now()).toISOString(),
      lab,
    };
    const { model } = lab;
    const directory = makeDirectory(root, `${key.backupLabel}-${stamp(now())}`, (partial) => {
      writeRecord(partial, record);
      runAt(partial, record, now).journal.write({
        event: "run-opened",
        project: key.project,
        stack: key.stack,
        ...(model && { model: { name: model.name, uuid: model.uuid, controller: model.controller } }),
        machines: lab.machines.map(({ hostname, systemId }) => ({ hostname, systemId })),
      });
    });
    return runAt(directory, record, now);
  } catch (error) {
    throw new TeardownError(
      "run",
      `no run directory can be made in ${root}: ${(error as Error).message}\nNothing was touched. Free some space or mend the folder, or choose another:\n  pulumi destroy -c backupRoot=<folder>`,
      { cause: error },
    );
  }
};
