import { adoptLab } from "../../teardown/adopt.ts";
import type { Settings } from "../../teardown/config/settings.ts";
import type { Context } from "../../teardown/context.ts";
import { TeardownError } from "../../teardown/errors.ts";
import { askGuards } from "../../teardown/guards/guards.ts";
import { observeLab, type SeenLab } from "../../teardown/observe.ts";
import type { LabRecord } from "../../teardown/record.ts";
import type { Finding } from "../../teardown/run/event.ts";
import { isDestructive } from "../../teardown/run/journal.ts";
import { findOpenRun, inHome } from "../../teardown/run/run-directory.ts";

/** What `pulumi destroy` would hit now, and whether it would go. */
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
  lab: SeenLab | undefined;
  findings: Finding[];
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

const openRunOf = (settings: Settings, place: { project: string; stack: string }, lab: LabRecord) => {
  const { backupRoot, backupLabel } = settings;
  const run = findOpenRun({ backupRoot, backupLabel, ...place, modelUuid: lab.model?.uuid ?? "" });
  return run && { directory: run.directory, destructive: isDestructive(run.journal.events()) };
};

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Looks at the lab and asks every guard, as a destroy would. Touches nothing but the backup root, which the guard tries.
 *
 * @throws TeardownError when neither the stack nor the lab says what would be destroyed
 */
export const planOf = async ({
  context,
  project,
  stack,
  recorded,
  also = [],
  now = Date.now,
}: Question): Promise<Plan> => {
  const { settings } = context;
  const seeing = observeLab(context).then(
    (lab) => ({ lab, unseen: undefined }),
    (error: unknown) => ({ lab: undefined, unseen: message(error) }),
  );
  const base = {
    v: 1 as const,
    at: new Date(now()).toISOString(),
    project,
    stack,
    simulated: settings.simulated,
    backupRoot: inHome(settings.backupRoot),
    nextStep: settings.nextStep,
  };
  const lab =
    recorded ??
    (await adoptLab(context, undefined).catch((error: unknown) => {
      if (error instanceof TeardownError && error.code === "missing") return error;
      throw error;
    }));
  if (lab instanceof TeardownError) {
    return {
      ...base,
      identities: "today",
      wouldGo: false,
      why: [lab.message],
      lab: (await seeing).lab,
      findings: also,
    };
  }
  const openRun = openRunOf(settings, { project, stack }, lab);
  const [{ lab: seen, unseen }, guards] = await Promise.all([seeing, askGuards(context, lab)]);
  const findings = [...guards.findings, ...also];
  // As in the teardown itself: once it has begun, what concerns one machine stops that machine alone.
  const stops = findings.filter(
    ({ verdict, machine }) => verdict === "refused" && !(openRun?.destructive && machine),
  );
  return {
    ...base,
    identities: recorded ? "stack" : "today",
    wouldGo: stops.length === 0,
    why: [
      ...(stops.length > 0 ? [`${stops.length} of ${findings.length} guards refuse`] : []),
      ...(unseen === undefined ? [] : [`the lab could not be looked at: ${unseen}`]),
    ],
    lab: seen,
    findings,
    ...(openRun && { openRun }),
  };
};
