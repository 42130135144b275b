import { adoption, todaysFindings } from "../../teardown/adopt.ts";
import type { Context } from "../../teardown/context.ts";
import { type Finding, stopping } from "../../teardown/guards/finding.ts";
import { judge } from "../../teardown/guards/guards.ts";
import { type SaidFinding, sayFindings } from "../../teardown/guards/say.ts";
import { type Preview, previewOf } from "../../teardown/preview.ts";
import type { LabRecord } from "../../teardown/record.ts";
import { isDestructive } from "../../teardown/run/journal.ts";
import { findOpenRun, inHome, runKey } from "../../teardown/run/run-directory.ts";
import { isModelAlive, survey } from "../../teardown/survey.ts";

/** What `pulumi destroy` affects now, and whether it would go. */
export type Plan = {
  v: 1;
  at: string;
  project: string;
  stack: string;
  simulated: boolean;
  /** Where the identities come from: recorded at `up`, or what `up` would record today. */
  identities: "stack" | "today";
  wouldGo: boolean;
  /** Why not, or what else stands in the way. */
  why: string[];
  lab: Preview;
  findings: SaidFinding[];
  /** The teardown that has begun and would be continued. */
  openRun?: { directory: string; destructive: boolean };
  backupRoot: string;
  nextStep: string;
};

type Question = {
  context: Context;
  project: string;
  stack: string;
  /** What the stack has on record. */
  recorded: LabRecord | undefined;
  /** What else speaks for or against it. */
  also?: Finding[];
  now?: () => number;
};

/**
 * Looks at the lab and asks every guard, as a destroy does: by what the stack has on record, else by what `up` would record today.
 * Changes nothing; whether the backup root can be written to is tried in the folder that is there.
 */
export const planOf = async ({
  context,
  project,
  stack,
  recorded,
  also = [],
  now = Date.now,
}: Question): Promise<Plan> => {
  const { settings, host } = context;
  const runOf = (lab: LabRecord) => findOpenRun(runKey(settings, { project, stack }, lab));
  const known = recorded && runOf(recorded);
  const seen = await survey(context, { record: recorded, run: known, contents: true });
  const adopted = recorded ? { record: recorded, findings: [] } : adoption(seen, settings, undefined);
  const { record } = adopted;
  const judged = judge(seen, record, settings, host);
  const findings = [...todaysFindings(adopted, judged), ...also];
  const run = recorded ? known : runOf(record);
  const openRun = run && { directory: run.directory, destructive: isDestructive(run.journal.events()) };
  const stops = stopping(findings, openRun?.destructive === true && !isModelAlive(seen));
  return {
    v: 1 as const,
    at: new Date(now()).toISOString(),
    project,
    stack,
    simulated: settings.simulated,
    backupRoot: inHome(settings.backupRoot),
    nextStep: settings.nextStep,
    identities: recorded ? "stack" : "today",
    wouldGo: stops.length === 0,
    why: stops.length > 0 ? [`${stops.length} of ${findings.length} guards refuse`] : [],
    lab: previewOf(seen, record, findings),
    findings: sayFindings(findings, settings),
    ...(openRun && { openRun }),
  };
};
