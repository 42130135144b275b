import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { isAlive } from "../clients/engine-process.ts";
import { TeardownError } from "../errors.ts";
import { storedRecord } from "../record.ts";
import { outcomesLeft } from "../run/captured.ts";
import type { RunEvent } from "../run/event.ts";
import { readJournal, verifyChain } from "../run/journal.ts";
import { brokenChain } from "../run/run-directory.ts";
import { checkCapture } from "./check-capture.ts";
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

const checkJournal = (file: string): JournalCheck => {
  const chain = verifyChain(file);
  if (chain.broken) return { lines: 0, digest: "", broken: brokenChain(chain) };
  return { lines: chain.digests.length, digest: chain.digests.at(-1) ?? "" };
};

/**
 * Reads a run directory. Its parts may be missing or torn: what is there is read.
 *
 * @throws TeardownError `run` when the folder holds no journal
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
