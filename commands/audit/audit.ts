import type { CaptureCheck, Destroy, Outcome } from "../../teardown/report/report.ts";
import { type History, type Update, whyOf } from "./history.ts";
import type { AuditedRun, AuditProblem } from "./runs.ts";

/** One operation on a stack, from Pulumi's history, from a journal, or from both. Durations in ms. */
export type Entry = {
  at: string;
  took: number | undefined;
  stack: string;
  kind: string;
  /** "" where nobody wrote it down: Pulumi keeps neither. */
  user: string;
  host: string;
  why: string;
  /** The journal's outcome, and Pulumi's own result. */
  outcome: Outcome | undefined;
  result: string;
  /**
   * Whether both sides know of it. `not on this machine`: a destroy of the history that deleted something, and so had a run
   * directory; `engine killed`: one that Pulumi has no entry of although it kept others; `history erased`: Pulumi has nothing
   * from that time any more.
   */
  known:
    | "both"
    | "history only"
    | "not on this machine"
    | "engine killed"
    | "history erased"
    | "history unread"
    | "under way";
  what: string;
  run:
    | {
        directory: string;
        destroy: number;
        destroys: number;
        capture: CaptureCheck["state"];
        /** The SHA-256 of the journal's last line; "" when it was changed. */
        digest: string;
      }
    | undefined;
  problems: AuditProblem[];
};

export type Audit = {
  v: 2;
  at: string;
  backupRoot: string;
  entries: Entry[];
  /** What does not hold; empty when all is well. */
  problems: (AuditProblem & { where: string })[];
  notes: string[];
};

const ms = (time: string) => Date.parse(time);
// Pulumi's times are cut to the second.
const slack = 1_000;

const changesOf = ({ resourceChanges }: Update): string =>
  Object.entries(resourceChanges)
    .map(([operation, count]) => `${operation} ${count}`)
    .join(", ");

const isOf = (update: Update, destroy: Destroy): boolean => {
  const started = ms(destroy.started);
  return (
    update.kind === "destroy" &&
    ms(update.startTime) <= started + slack &&
    (update.endTime === undefined || started <= ms(update.endTime) + slack)
  );
};

/** What one destroy destroyed itself; the run's result may be the work of several. */
const whatOf = (destroy: Destroy): string => {
  const { timelines, outcome, findings } = destroy;
  const model = timelines.find(({ kind }) => kind === "model");
  const machines = timelines.filter(({ kind }) => kind === "machine");
  if (!model && machines.length === 0) {
    const refused = findings.filter(({ verdict }) => verdict === "refused").map(({ guard }) => guard);
    return outcome === "refused" ? `nothing; refused by: ${[...new Set(refused)].join(", ")}` : "nothing";
  }
  const ready = machines.filter(({ good }) => good).length;
  return [
    ...(model ? [`model ${model.resource}: ${model.end}`] : []),
    ...(machines.length > 0 ? [`machines: ${ready} of ${machines.length} Ready`] : []),
  ].join("; ");
};

const unmatched = (destroy: Destroy, history: History | undefined): Entry["known"] => {
  if (destroy.outcome === "under way") return "under way";
  if (!history || history.why !== undefined) return "history unread";
  const first = Math.min(...history.updates.map(({ startTime }) => ms(startTime)));
  return history.missing || first > ms(destroy.started) ? "history erased" : "engine killed";
};

const entriesOfRun = (run: AuditedRun, histories: History[], used: Set<Update>): Entry[] => {
  const { report, problems } = run;
  if (!report) return [];
  const history = histories.find(({ stack }) => stack === report.stack);
  return report.destroys.map((destroy, at) => {
    const update = history?.updates.find((each) => !used.has(each) && isOf(each, destroy));
    if (update) used.add(update);
    const last = at === report.destroys.length - 1;
    return {
      at: destroy.started,
      took: destroy.took,
      stack: report.stack,
      kind: "destroy",
      user: destroy.user,
      host: destroy.host,
      why: destroy.message || (update ? whyOf(update) : ""),
      outcome: destroy.outcome,
      result: update?.result ?? "",
      known: update ? "both" : unmatched(destroy, history),
      what: whatOf(destroy),
      run: {
        directory: report.directory,
        destroy: destroy.number,
        destroys: report.destroys.length,
        capture: report.capture.state,
        digest: report.journal.digest,
      },
      problems: last ? problems : [],
    };
  });
};

const entryOfUpdate = (stack: string, update: Update): Entry => ({
  at: new Date(ms(update.startTime)).toISOString(),
  took: update.endTime === undefined ? undefined : ms(update.endTime) - ms(update.startTime),
  stack,
  kind: update.kind === "update" ? "up" : update.kind,
  user: "",
  host: "",
  why: whyOf(update),
  outcome: undefined,
  result: update.result,
  known:
    update.kind === "destroy" && (update.resourceChanges.delete ?? 0) > 0
      ? "not on this machine"
      : "history only",
  what: changesOf(update),
  run: undefined,
  problems: [],
});

/** Joins Pulumi's history with the journals by time: oldest first. */
export const auditOf = (options: {
  runs: AuditedRun[];
  histories: History[];
  backupRoot: string;
  at: string;
}): Audit => {
  const { runs, histories, backupRoot, at } = options;
  const used = new Set<Update>();
  const ofRuns = runs.flatMap((run) => entriesOfRun(run, histories, used));
  const rest = histories.flatMap(({ stack, updates }) =>
    updates.filter((update) => !used.has(update)).map((update) => entryOfUpdate(stack, update)),
  );
  return {
    v: 2,
    at,
    backupRoot,
    entries: [...ofRuns, ...rest].sort((one, other) => ms(one.at) - ms(other.at)),
    problems: runs.flatMap(({ directory, problems }) =>
      problems.map((problem) => ({ where: directory, ...problem })),
    ),
    notes: histories.flatMap(({ stack, missing, why }) => [
      ...(missing
        ? [
            `${stack}: Pulumi has no such stack (any more); pulumi stack rm erases its history. The journals remain.`,
          ]
        : []),
      ...(why === undefined ? [] : [`${stack}: Pulumi's history could not be read: ${why.split("\n")[0]}`]),
    ]),
  };
};
