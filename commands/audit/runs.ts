import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { TeardownError } from "../../teardown/errors.ts";
import { type RunFacts, readRun, runRecordIn } from "../../teardown/report/read-run.ts";
import type { Report } from "../../teardown/report/report.ts";
import { reportOf } from "../../teardown/report/report-of.ts";
import type { RunEvent } from "../../teardown/run/event.ts";
import { verifyChain } from "../../teardown/run/journal.ts";

/** What does not hold in a run directory. */
export type AuditProblem = {
  code: "no-journal" | "journal-changed" | "journal-cut" | "capture-changed" | "no-capture" | "same-run";
  what: string;
};

/** A run directory as an auditor sees it; without a report when it has no journal. */
export type AuditedRun = {
  directory: string;
  stack: string;
  report: Report | undefined;
  problems: AuditProblem[];
};

const writtenReport = z.object({ journal: z.object({ digest: z.string().min(1) }) });

/** Whether the report that was written last vouches for a line that the journal no longer has. */
const isCut = (directory: string): boolean => {
  const chain = verifyChain(join(directory, "journal.jsonl"));
  try {
    const text = readFileSync(join(directory, "report.json"), "utf8");
    const { journal } = writtenReport.parse(JSON.parse(text));
    return !chain.broken && !chain.digests.includes(journal.digest);
  } catch {
    // No report, or one of version 1, which held no digest.
    return false;
  }
};

const problemsOf = ({ journal, capture, destructive, directory }: Report): AuditProblem[] => [
  ...(journal.broken === undefined ? [] : [{ code: "journal-changed", what: journal.broken } as const]),
  ...(isCut(directory)
    ? [
        {
          code: "journal-cut",
          what: "journal.jsonl lacks the line with which report.json was written",
        } as const,
      ]
    : []),
  ...capture.problems.map((what) => ({ code: "capture-changed", what }) as const),
  ...(capture.state === "none" && destructive
    ? [{ code: "no-capture", what: "something was destroyed, and no capture is on record" } as const]
    : []),
];

const noJournal: AuditProblem = { code: "no-journal", what: "it has a run.json and no journal" };

type Identified = AuditedRun & { identity: string };

/** What stays the same in a copy of a run directory. */
const identityOf = ([opened]: RunEvent[], record: RunFacts["record"]): string =>
  opened?.event === "run-opened"
    ? JSON.stringify([opened.at, opened.project, opened.stack, opened.model?.uuid])
    : JSON.stringify([record?.opened, record?.project, record?.stack, record?.lab.model?.uuid]);

const runIn = (directory: string, now: () => number): Identified[] => {
  const record = runRecordIn(directory);
  const without = (problem: AuditProblem): Identified[] => {
    const identity = identityOf([], record);
    return [{ directory, stack: record?.stack ?? "", report: undefined, problems: [problem], identity }];
  };
  if (!existsSync(join(directory, "journal.jsonl"))) return record ? without(noJournal) : [];
  try {
    const { events, facts } = readRun(directory, now);
    const report = reportOf(events, facts);
    const problems = problemsOf(report);
    if (events.length === 0 && problems.length === 0) return record ? without(noJournal) : [];
    return [{ directory, stack: report.stack, report, problems, identity: identityOf(events, record) }];
  } catch (error) {
    if (!(error instanceof TeardownError)) throw error;
    return without({ code: "journal-changed", what: error.message.split("\n")[0] ?? "" });
  }
};

/**
 * Every run directory in a folder, oldest first; other folders are passed over.
 *
 * @throws TeardownError `run` when the folder cannot be read
 */
export const runsIn = (root: string, now: () => number = Date.now): AuditedRun[] => {
  let names: string[];
  try {
    names = readdirSync(root, { withFileTypes: true })
      // A run directory in the making, as a crash left it, begins with a dot.
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new TeardownError(
      "run",
      `${root} cannot be read: ${(error as Error).message}\nExpected the folder of the run directories: openstack-lab audit --backup-root <folder>`,
    );
  }
  const runs = names.flatMap((name) => runIn(join(root, name), now));
  return runs
    .map(({ identity, ...run }) => {
      const same = runs.filter((other) => other.identity === identity && other.directory !== run.directory);
      const problems = same.map(
        ({ directory }): AuditProblem => ({ code: "same-run", what: `${directory} holds the same run` }),
      );
      return { ...run, problems: [...run.problems, ...problems] };
    })
    .sort((one, other) => (one.report?.opened ?? "").localeCompare(other.report?.opened ?? ""));
};
