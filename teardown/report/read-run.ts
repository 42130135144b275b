import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { isAlive } from "../clients/engine-process.ts";
import { TeardownError } from "../errors.ts";
import { storedRecord } from "../record.ts";
import { captureFiles, fileNow, newestCapture, outcomesLeft, verifiedCapture } from "../run/captured.ts";
import type { RunEvent } from "../run/event.ts";
import { readJournal, verifyChain } from "../run/journal.ts";
import { brokenChain } from "../run/run-directory.ts";
import type { CaptureCheck, JournalCheck } from "./report.ts";

const runRecord = z.object({ project: z.string(), stack: z.string(), opened: z.string(), lab: storedRecord });
/** The part of `run.json` that a report needs. */
export type RunRecord = z.output<typeof runRecord>;

const lockHolder = z.object({
  pid: z.number(),
  started: z.string(),
  host: z.string(),
  released: z.boolean().default(false),
});

/** What is known of a run beside its journal. */
export type RunFacts = {
  directory: string;
  record: RunRecord | undefined;
  journal: JournalCheck;
  capture: CaptureCheck;
  /** Whether a living process holds the run. */
  running: boolean;
  /** When it was looked at, ISO 8601. */
  now: string;
};

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
};

/** What `run.json` says of a run; undefined when there is none that can be read. */
export const runRecordIn = (directory: string): RunRecord | undefined =>
  runRecord.safeParse(readJson(join(directory, "run.json"))).data;

const isHeld = (directory: string): boolean => {
  const { data: holder } = lockHolder.safeParse(readJson(join(directory, "lock")));
  // A process that writes its own last report holds the lock still, and is no longer at work.
  if (!holder || holder.released || holder.pid === process.pid) return false;
  return holder.host !== hostname() || isAlive(holder);
};

/**
 * Hashes the captured files again. What the journal says of them counts, so that a file that was changed together with
 * SHA256SUMS is noticed; the sums themselves must hold as well.
 */
const checkCapture = (directory: string, events: RunEvent[], at: string): CaptureCheck => {
  const captured = newestCapture(directory, events);
  if (!captured) return { state: "none", checked: at, files: [], problems: [] };
  const files = captured.files.map((file) => ({ ...file, now: fileNow(directory, file) }));
  const problems = files
    .filter((file) => file.now !== "intact")
    .map((file) => (file.now === "missing" ? `${file.name} is missing` : `${file.name} was changed since`));
  if (problems.length === 0 && !verifiedCapture(directory, events))
    problems.push(`${captureFiles.sums} is missing, or no longer that of these files`);
  return { state: problems.length === 0 ? "intact" : "broken", checked: at, files, problems };
};

const checkJournal = (file: string): JournalCheck => {
  const chain = verifyChain(file);
  // A report of what cannot be read in full would take the place of a better one.
  if (chain.broken && chain.why === "newer-version")
    throw new TeardownError("run", `${brokenChain(chain)}\nUse the version that wrote it. ${file}`);
  if (chain.broken) return { lines: 0, digest: "", broken: brokenChain(chain) };
  return { lines: chain.digests.length, digest: chain.digests.at(-1) ?? "" };
};

/**
 * Reads a run directory. Its parts may be missing or torn: what is there is read.
 *
 * @throws TeardownError `run` when the folder holds no journal, or one of a newer version
 */
export const readRun = (
  directory: string,
  now: () => number = Date.now,
): { events: RunEvent[]; facts: RunFacts } => {
  const file = join(directory, "journal.jsonl");
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new TeardownError(
      "run",
      `${directory} is no run directory: it holds no journal.jsonl\nExpected a folder such as ~/backups/pre-caracal-destroy-20260101T120000Z; the newest: ls -dt ~/backups/*/ | head -1`,
    );
  }
  const events = [...readJournal(file), ...outcomesLeft(directory)];
  const at = new Date(now()).toISOString();
  return {
    events,
    facts: {
      directory,
      record: runRecordIn(directory),
      journal: checkJournal(file),
      capture: checkCapture(directory, events, at),
      running: isHeld(directory),
      now: at,
    },
  };
};
