import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TeardownError } from "../../teardown/errors.ts";
import { readRun } from "../../teardown/report/read-run.ts";
import type { Report } from "../../teardown/report/report.ts";
import { reportOf } from "../../teardown/report/report-of.ts";

/** A run directory as an auditor sees it. */
export type AuditedRun = { report: Report; problems: string[] };

// A crash tears the last line at most; anything else was not written by us.
const strangeLines = (directory: string, read: number): number => {
  const lines = readFileSync(join(directory, "journal.jsonl"), "utf8").split("\n");
  lines.pop();
  const torn = lines.filter((line) => line !== "").length - read;
  return Math.max(0, torn);
};

const problemsOf = (report: Report, strange: number): string[] => [
  ...report.capture.problems,
  ...(report.capture.state === "none" && report.destructive
    ? ["something was destroyed, and no capture is on record"]
    : []),
  ...(strange > 0 ? [`${strange} lines of the journal cannot be read`] : []),
];

/**
 * Every run directory in a folder, oldest first; other folders are passed over.
 *
 * @throws TeardownError `run` when the folder cannot be read
 */
export const runsIn = (root: string, now: () => number = Date.now): AuditedRun[] => {
  let names: string[];
  try {
    names = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new TeardownError(
      "run",
      `${root} cannot be read: ${(error as Error).message}\nExpected the folder of the run directories: openstack-lab audit --backup-root <folder>`,
    );
  }
  const runs = names.flatMap((name) => {
    const directory = join(root, name);
    try {
      const { events, facts } = readRun(directory, now);
      if (events.length === 0 && !facts.record) return [];
      const report = reportOf(events, facts);
      return [{ report, problems: problemsOf(report, strangeLines(directory, events.length)) }];
    } catch (error) {
      if (error instanceof TeardownError) return [];
      throw error;
    }
  });
  return runs.sort((one, other) => one.report.opened.localeCompare(other.report.opened));
};
