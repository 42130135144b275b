import type { CapturedFile, Criterion, Finding } from "../run/event.ts";

/** How a run, or one destroy of it, stands. `cut off`: its journal ends without a word, as after a kill. */
export type Outcome =
  | "complete"
  | "refused"
  | "stopped"
  | "interrupted"
  | "cut off"
  | "ended early"
  | "under way";

/** What the runbook calls normal, in ms; nothing where it says nothing (disks are erased). */
export type Normal = { atLeast?: number; atMost: number; text: string };

/** How a time compares with the runbook's. */
export type Pace = "faster" | "normal" | "slower" | "failed" | "unfinished" | "not compared";

/** A stretch of time in which a resource was in one state. Times are ISO 8601 in UTC. */
export type Bar = {
  from: string;
  to: string;
  state: string;
  kind: "before" | "asked" | "under way" | "trouble" | "check";
  /** It was not seen to end. */
  open: boolean;
};

/** A moment on a resource's line. */
export type Mark = { at: string; text: string; kind: "good" | "bad" | "note" };

/** One resource's line in the timeline of one destroy. */
export type Lane = {
  resource: string;
  kind: "check" | "model" | "machine";
  bars: Bar[];
  marks: Mark[];
  /** ms */
  took: number;
  /** What it came to, in a word or two. */
  end: string;
  good: boolean;
  normal?: Normal;
};

/** Machines that were removed by force from a model that did not go away. */
export type ForcedRemoval = {
  at: string /** Juju's ids with their hostnames, as far as they are known. */;
  names: string[];
};

/** Something that went wrong, and what to do. */
export type Trouble = {
  at: string;
  /** Which destroy, from 1. */
  destroy: number;
  resources: string[];
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
  versions: Record<string, string>;
  /** Settings that differ from the destroy before. */
  changed: { key: string; from: unknown; to: unknown }[];
  outcome: Outcome;
  findings: Finding[];
  lanes: Lane[];
};

/** A phase of the runbook, summed up over all destroys. */
export type Phase = {
  name: string;
  what: string;
  /** ms; nothing when it was not reached. */
  took?: number;
  normal?: Normal;
  pace: Pace | "not reached";
};

/** What became of the model or of a machine. */
export type Result = {
  kind: "model" | "machine";
  name: string;
  /** The machine's system_id or the model's UUID. */
  id: string;
  owner: string;
  /** Its last known state. */
  state: string;
  /** Whether that is what the exit criteria ask for. */
  done: boolean;
  /** The way there, as its row told it. */
  told: string;
  /** ms, waiting between destroys left out; nothing when nothing was done. */
  took?: number;
  pace: Pace;
  /** How often the call that destroys was made. */
  calls: number;
  /** Why it had to be made again. */
  reasons: string[];
};

/** How the captured files are now, compared with what the journal says of them. */
export type CaptureCheck = {
  state: "intact" | "broken" | "none";
  checked: string;
  files: (CapturedFile & { now: "intact" | "changed" | "missing" })[];
  /** What does not hold, in words. */
  problems: string[];
};

/** Everything that there is to say of a run, for any renderer. */
export type Report = {
  forcedRemovals: ForcedRemoval[];
  v: 1;
  written: string;
  directory: string;
  project: string;
  stack: string;
  simulated: boolean;
  outcome: Outcome;
  headline: string;
  opened: string;
  ended: string;
  /** From the first destroy's beginning to the last word, and how much of it something ran, in ms. */
  elapsed: number;
  active: number;
  controller: string;
  maasUrl: string;
  /** Something was destroyed, or could have been. */
  destructive: boolean;
  results: Result[];
  capture: CaptureCheck & { taken?: string; by?: string; took?: number; withoutBundle: boolean };
  phases: Phase[];
  troubles: Trouble[];
  destroys: Destroy[];
  exitCriteria?: { at: string; met: boolean; criteria: Criterion[] };
  /** What comes next, as a command or a document. */
  next: string[];
};
