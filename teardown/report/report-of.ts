import { sayFindings } from "../guards/say.ts";
import type { LabRecord } from "../record.ts";
import type { RunEvent } from "../run/event.ts";
import { isClosed, isDestructive } from "../run/journal.ts";
import { type DestroyEvents, lastAt, ms, ofKind, splitDestroys } from "./events.ts";
import { phasesOf } from "./phases.ts";
import { changedSince, problemsOf } from "./problems.ts";
import type { RunFacts } from "./read-run.ts";
import type { Destroy, Outcome, Report, Timeline } from "./report.ts";
import { forcedRemovals, resultsOf } from "./results.ts";
import { headlineOf } from "./text.ts";
import { timelinesOf } from "./timelines.ts";

const waitingEnded = new Set(["interrupted", "deadline"]);

/**
 * How one destroy ended.
 *
 * @param running whether its process still holds the run
 */
const outcomeOf = ({ events }: DestroyEvents, timelines: Timeline[], running: boolean): Outcome => {
  if (isClosed(events)) return "complete";
  if (running) return "under way";
  const has = (name: RunEvent["event"]) => events.some(({ event }) => event === name);
  if (has("guards-refused")) return "refused";
  const stopped = ofKind(events, "stopped");
  if (stopped.some(({ code }) => !waitingEnded.has(code))) return "stopped";
  if (stopped.length > 0 || has("interrupted")) return "interrupted";
  const failedSnapshot = ofKind(events, "snapshot-ended").some(({ exitCode }) => exitCode !== 0);
  if (has("capture-failed") || failedSnapshot || ofKind(events, "exit-criteria").some(({ met }) => !met))
    return "stopped";
  // `--target` and `--exclude` leave the exit criteria out (engine.md 2): all that was begun is done then.
  const begun = timelines.filter(({ kind }) => kind !== "check");
  return isDestructive(events) && begun.every(({ good }) => good) ? "ended early" : "cut off";
};

const changes = (
  now: Record<string, unknown>,
  before: Record<string, unknown> | undefined,
): Destroy["changed"] =>
  before === undefined
    ? []
    : [...new Set([...Object.keys(before), ...Object.keys(now)])]
        .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]))
        .map((key) => ({ key, from: before[key] ?? null, to: now[key] ?? null }));

const destroyOf = (
  part: DestroyEvents,
  before: DestroyEvents | undefined,
  place: { number: number; running: boolean; modelName: string; hostnames: string[] },
): Destroy => {
  const { started, events } = part;
  const { at, user, host, command = "", message = "", approved, settings } = started;
  const timelines = timelinesOf(part, place.modelName, place.hostnames);
  const guards = events.findLast(({ event }) => event === "guards-passed" || event === "guards-refused");
  const ended = lastAt(events);
  return {
    number: place.number,
    started: at,
    ended,
    took: Math.max(0, ms(ended) - ms(at)),
    user,
    host,
    command,
    message,
    ...(approved !== undefined && { approved }),
    versions: ofKind(events, "versions").at(-1)?.seen ?? {},
    changed: changes(settings, before?.started.settings),
    outcome: outcomeOf(part, timelines, place.running),
    findings: guards && "findings" in guards ? sayFindings(guards.findings, settings) : [],
    timelines,
  };
};

/** What `run.json` says of the lab; where it is lost, the journal's first line says most of it. */
const labOf = (events: RunEvent[], recorded: LabRecord | undefined): LabRecord => {
  if (recorded) return recorded;
  const opened = ofKind(events, "run-opened")[0];
  return {
    maasUrl: "",
    ...(opened?.model && { model: { ...opened.model, controllerUuid: "" } }),
    machines: (opened?.machines ?? []).map((machine) => ({ ...machine, owner: "" })),
  };
};

const nextOf = (outcome: Outcome, events: RunEvent[]): string[] => {
  const closed = ofKind(events, "run-closed").at(-1);
  if (closed) return [`proceed to ${closed.nextStep}`];
  if (outcome === "under way") return ["wait for it to end; its own display says more"];
  // A killed engine leaves its lock (engine.md 3.1).
  const killed = splitDestroys(events)
    .at(-1)
    ?.events.some(
      (event) =>
        (event.event === "stopped" || event.event === "interrupted") && event.reason?.why === "engine-gone",
    );
  if (outcome === "cut off" || killed) return ["pulumi cancel --yes", "pulumi destroy"];
  return ["pulumi destroy"];
};

/**
 * Makes the report of a run from its journal; touches nothing.
 *
 * @param facts what else is known of the run directory, and the time of writing
 */
export const reportOf = (events: RunEvent[], facts: RunFacts): Report => {
  const lab = labOf(events, facts.record?.lab);
  const modelName = lab.model?.name ?? "";
  const hostnames = lab.machines.map(({ hostname }) => hostname);
  const split = splitDestroys(events);
  const parts = split.map((part, at) => ({
    events: part.events,
    destroy: destroyOf(part, split[at - 1], {
      number: at + 1,
      running: facts.running && at === split.length - 1,
      modelName,
      hostnames,
    }),
  }));
  const destroys = parts.map(({ destroy }) => destroy);
  const results = resultsOf(events, destroys, lab);
  const outcome: Outcome = destroys.at(-1)?.outcome ?? "cut off";
  const destructive = isDestructive(events);
  const settings = split.at(-1)?.started.settings ?? {};
  const opened = destroys[0]?.started ?? events[0]?.at ?? facts.now;
  const ended = events.length === 0 ? opened : lastAt(events);
  const captured = ofKind(events, "captured").at(-1);
  const exit = ofKind(events, "exit-criteria").at(-1);
  const snapshot = ofKind(events, "snapshot-ended").at(-1);
  const first = ofKind(events, "run-opened")[0];
  return {
    v: 2,
    written: facts.now,
    directory: facts.directory,
    project: facts.record?.project ?? first?.project ?? "",
    stack: facts.record?.stack ?? first?.stack ?? "",
    simulated: settings.simulated === true,
    outcome,
    headline: headlineOf(outcome, results, destructive),
    opened,
    ended,
    elapsed: Math.max(0, ms(ended) - ms(opened)),
    active: destroys.reduce((sum, { took }) => sum + took, 0),
    controller: lab.model?.controller ?? "",
    maasUrl: lab.maasUrl,
    destructive,
    results,
    forcedRemovals: forcedRemovals(events),
    journal: facts.journal,
    capture: {
      ...facts.capture,
      ...(captured && { taken: captured.at, by: captured.by, took: captured.took }),
      withoutBundle: captured?.withoutBundle ?? false,
    },
    ...(snapshot && {
      snapshot: {
        at: snapshot.at,
        ...(snapshot.exitCode !== undefined && { exitCode: snapshot.exitCode }),
        output: snapshot.output,
        end: snapshot.end,
        restoreHint: String(settings.restoreHint ?? ""),
      },
    }),
    phases: phasesOf(destroys, results, settings),
    problems: [...problemsOf(parts), ...changedSince(facts, parts.length)],
    destroys,
    ...(exit && { exitCriteria: { at: exit.at, met: exit.met, criteria: exit.criteria } }),
    next: nextOf(outcome, events),
  };
};
