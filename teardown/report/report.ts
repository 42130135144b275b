import type { SaidFinding } from "../guards/say.ts";
import type { CapturedFile, Criterion } from "../run/event.ts";

/** How a run, or one destroy of it, stands. `cut off`: its journal stops abruptly, as after a kill. */
export type Outcome =
  | "complete"
  | "refused"
  | "stopped"
  | "interrupted"
  | "cut off"
  | "ended early"
  | "under way";

/** How long the runbook gives something, in ms. */
export type RunbookTime = { atMost: number; text: string };

/** How a time compares with the runbook's. */
export type Compared = "within" | "longer" | "failed" | "unfinished" | "not compared";

/** A stretch of time in which a resource was in one state. Times are ISO 8601 in UTC. */
export type Bar = {
  from: string;
  to: string;
  state: string;
  kind: "before" | "asked" | "under way" | "problem" | "check";
  /** It was not seen to end. */
  open: boolean;
};

/** A moment on a resource's timeline. */
export type Mark = { at: string; text: string; kind: "good" | "bad" | "note" };

/** What one resource went through in one destroy. */
export type Timeline = {
  resource: string;
  kind: "check" | "model" | "machine";
  bars: Bar[];
  marks: Mark[];
  /** ms */
  took: number;
  /** What it came to, in a word or two. */
  end: string;
  good: boolean;
  runbook?: RunbookTime;
};

/** Machines that were removed by force from a model that did not go away. */
export type ForcedRemoval = {
  at: string;
  /** Juju's ids with their hostnames, as far as they are known. */
  names: string[];
};

/** Something that went wrong, and what to do. */
export type Problem = {
  kind: "guard" | "capture" | "stopped" | "interrupted" | "cut off" | "exit criteria" | "backup" | "journal";
  at: string;
  /** Which destroy, from 1. */
  destroy: number;
  resources: string[];
  /** The guard, or the error's code. */
  code: string;
  /** The first line: what was found. */
  found: string;
  /** What was expected, what is untouched, what to type next; lines. */
  more: string[];
  /** Whether the same run got over it later. */
  solved: boolean;
};

/** One `pulumi destroy` of the run. Durations in ms. */
export type Destroy = {
  number: number;
  started: string;
  ended: string;
  took: number;
  user: string;
  host: string;
  command: string;
  /** Pulumi's `-m`; "" when none was given. */
  message: string;
  /** The digest of the plan that it was approved with. */
  approved?: string;
  versions: Record<string, string>;
  /** Settings that differ from the destroy before. */
  changed: { key: string; from: unknown; to: unknown }[];
  outcome: Outcome;
  findings: SaidFinding[];
  timelines: Timeline[];
};

/** A phase of the runbook, summed up over all destroys. */
export type Phase = {
  name: string;
  what: string;
  /** ms; nothing when it was not reached. */
  took?: number;
  runbook?: RunbookTime;
  compared: Compared | "not reached";
};

/** What became of the model or of a machine. */
export type Result = {
  kind: "model" | "machine";
  name: string;
  /** The machine's system_id or the model's UUID. */
  id: string;
  owner: string;
  /** Its last known state; "" when no destroy has come to it. */
  state: string;
  /** Whether that is what the exit criteria ask for. */
  done: boolean;
  /** The way there, as its row told it. */
  summary: string;
  /** ms, waiting between destroys left out; nothing when nothing was done. */
  took?: number;
  compared: Compared;
  /** How often the call that destroys was made. */
  calls: number;
  /** What failed, or why the call had to be made again. */
  failures: string[];
};

/** How the captured files are now, compared with what the journal says of them. */
export type CaptureCheck = {
  state: "intact" | "broken" | "none";
  checked: string;
  files: (CapturedFile & { now: "intact" | "changed" | "missing" })[];
  /** What does not hold, in words. */
  problems: string[];
};

/** The journal's chain: `digest` is that of its last line, `broken` what is wrong with it, in words. */
export type JournalCheck = { lines: number; digest: string; broken?: string };

/** Everything that there is to say of a run, for any renderer. */
export type Report = {
  v: 2;
  written: string;
  directory: string;
  project: string;
  stack: string;
  simulated: boolean;
  outcome: Outcome;
  headline: string;
  opened: string;
  ended: string;
  /** From the first destroy's beginning to the last event, and how much of it something ran, in ms. */
  elapsed: number;
  active: number;
  controller: string;
  maasUrl: string;
  /** Something was destroyed, or could have been. */
  destructive: boolean;
  results: Result[];
  forcedRemovals: ForcedRemoval[];
  journal: JournalCheck;
  capture: CaptureCheck & { taken?: string; by?: string; took?: number; withoutBundle: boolean };
  /** The operator's own snapshot, and how to restore it. */
  snapshot?: { at: string; exitCode?: number; output: string; end: string; restoreHint: string };
  phases: Phase[];
  problems: Problem[];
  destroys: Destroy[];
  exitCriteria?: { at: string; met: boolean; criteria: Criterion[] };
  /** What comes next, as a command or a document. */
  next: string[];
};
