import { ms } from "./events.ts";
import type { Compared, Destroy, Phase, Result, RunbookTime, Timeline } from "./report.ts";

const second = 1_000;
const minute = 60_000;

/** What the runbook (decision D-018) gives for each phase. */
const runbookTimes = {
  guards: { atMost: 30 * second, text: "seconds" },
  capture: { atMost: 30 * second, text: "30 s" },
  model: { atMost: 10 * minute, text: "5–10 min" },
  machine: { atMost: 5 * minute, text: "5 min" },
  "exit criteria": { atMost: minute, text: "1 min" },
} as const satisfies Record<string, RunbookTime>;
type PhaseOf = keyof typeof runbookTimes;

/**
 * The runbook's time for a phase, by a destroy's settings. Undefined where there is nothing to compare: a simulated lab's time is
 * its own, and erasing takes as long as the disks are large.
 */
export const runbookTime = (phase: PhaseOf, settings: Record<string, unknown>): RunbookTime | undefined => {
  const erases = settings.erase !== undefined && settings.erase !== "none";
  return settings.simulated === true || (phase === "machine" && erases) ? undefined : runbookTimes[phase];
};

/** Compares a time in ms with the runbook's. */
export const compare = (took: number, runbook: RunbookTime | undefined, ended: boolean): Compared => {
  if (runbook && took > runbook.atMost) return "longer";
  if (!ended) return "unfinished";
  return runbook ? "within" : "not compared";
};

/** The runbook's phases, in its order, and which timelines each is made of. */
const phases: { name: string; what: string; is: PhaseOf }[] = [
  { name: "guards", what: "host, user, identities, owners, locks", is: "guards" },
  { name: "capture", what: "bundle, status and list of models", is: "capture" },
  { name: "destroy model", what: "destroy-model, until Juju no longer lists it", is: "model" },
  { name: "release", what: "in parallel: all machines, until the last is Ready", is: "machine" },
  { name: "exit criteria", what: "everything read afresh", is: "exit criteria" },
];

/** From the first timeline's beginning to the last one's end. */
const span = (timelines: Timeline[]): number => {
  const times = timelines.flatMap(({ bars, marks }) => [
    ...bars.flatMap(({ from, to }) => [ms(from), ms(to)]),
    ...marks.map(({ at }) => ms(at)),
  ]);
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
};

/** How long each phase took over all destroys, waiting between them left out, beside the runbook's time. */
export const phasesOf = (
  destroys: Destroy[],
  results: Result[],
  settings: Record<string, unknown>,
): Phase[] =>
  phases.map(({ name, what, is }) => {
    const runbook = runbookTime(is, settings);
    const phase = { name, what, ...(runbook && { runbook }) };
    const perDestroy = destroys
      .map(({ timelines }) =>
        timelines.filter(({ kind, resource }) => (kind === "check" ? resource === is : kind === is)),
      )
      .filter((timelines) => timelines.length > 0);
    const last = perDestroy.at(-1);
    if (!last) return { ...phase, compared: "not reached" };
    // Guards, capture and exit criteria are done anew in each destroy; only the last time counts. The rest goes on.
    const again = is !== "model" && is !== "machine";
    const took = (again ? [last] : perDestroy).reduce((sum, timelines) => sum + span(timelines), 0);
    const ended = again
      ? last.every(({ good }) => good)
      : results.filter(({ kind }) => kind === is).every(({ done }) => done);
    return { ...phase, took, compared: again && !ended ? "failed" : compare(took, runbook, ended) };
  });
