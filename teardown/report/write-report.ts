import { join } from "node:path";
import { writeWhole } from "../run/files.ts";
import { renderHtml } from "./html/page.ts";
import { readRun } from "./read-run.ts";
import type { Report } from "./report.ts";
import { reportOf } from "./report-of.ts";

/** The report for programs. */
export const renderJson = (report: Report): string => `${JSON.stringify(report, null, 2)}\n`;

/** Where the two renderings are, in a run directory. */
export const reportFiles = { html: "report.html", json: "report.json" } as const;

/**
 * Writes `report.json` and `report.html` into a run directory.
 *
 * @throws TeardownError `run` when the folder holds no journal
 */
export const makeReport = (directory: string, now: () => number = Date.now): Report => {
  const { events, facts } = readRun(directory, now);
  const report = reportOf(events, facts);
  writeWhole(join(directory, reportFiles.json), renderJson(report));
  writeWhole(join(directory, reportFiles.html), renderHtml(report));
  return report;
};

/**
 * Writes a run's report for a teardown that is at its end. A report that cannot be written stops nothing.
 *
 * @returns why it could not be written, or undefined
 */
export const writeReport = (runDirectory: string): string | undefined => {
  try {
    makeReport(runDirectory);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
