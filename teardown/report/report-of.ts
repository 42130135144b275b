import type { LabRecord } from "../record.ts";
import type { RunEvent } from "../run/event.ts";
import { isDestructive } from "../run/journal.ts";
import { type DestroyEvents, lastAt, messageOf, ms, ofKind, splitDestroys } from "./destroys.ts";
import { lanesOf } from "./lanes.ts";
import { outcomeOf } from "./outcome.ts";
import { phasesOf } from "./phases.ts";
import type { RunFacts } from "./read-run.ts";
import type { Destroy, Outcome, Report } from "./report.ts";
import { forcedRemovals, resultsOf } from "./results.ts";
import { captureTroubles, troublesOf } from "./troubles.ts";
import { headlineOf } from "./words.ts";

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
  const { at, user, host, command = "", message, settings } = started;
  const lanes = lanesOf(part, place.modelName, place.hostnames);
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
    message: message ?? messageOf(command),
    versions: ofKind(events, "versions").at(-1)?.seen ?? {},
    changed: changes(settings, before?.started.settings),
    outcome: outcomeOf(part, lanes, place.running),
    findings: guards && "findings" in guards ? guards.findings : [],
    lanes,
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
      (event) => "reason" in event && typeof event.reason === "object" && event.reason?.why === "engine-gone",
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
  const simulated = split.at(-1)?.started.settings.simulated === true;
  const opened = destroys[0]?.started ?? events[0]?.at ?? facts.now;
  const ended = events.length === 0 ? opened : lastAt(events);
  const captured = ofKind(events, "captured").at(-1);
  const exit = ofKind(events, "exit-criteria").at(-1);
  const first = ofKind(events, "run-opened")[0];
  return {
    v: 1,
    written: facts.now,
    directory: facts.directory,
    project: facts.record?.project ?? first?.project ?? "",
    stack: facts.record?.stack ?? first?.stack ?? "",
    simulated,
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
    capture: {
      ...facts.capture,
      ...(captured && { taken: captured.at, by: captured.by, took: captured.took }),
      withoutBundle: captured?.withoutBundle ?? false,
    },
    phases: phasesOf(destroys, results),
    forcedRemovals: forcedRemovals(events),
    troubles: [...troublesOf(parts), ...captureTroubles(facts.capture, parts.length)],
    destroys,
    ...(exit && { exitCriteria: { at: exit.at, met: exit.met, criteria: exit.criteria } }),
    next: nextOf(outcome, events),
  };
};
