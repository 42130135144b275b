import type { LabRecord } from "../record.ts";
import type { RunEvent } from "../run/event.ts";
import { ofKind } from "./destroys.ts";
import { paceOf } from "./normal-times.ts";
import type { Destroy, ForcedRemoval, Lane, Result } from "./report.ts";
import { untouched } from "./words.ts";

const lanesFor = (destroys: Destroy[], resource: string, kind: Lane["kind"]): Lane[] =>
  destroys.flatMap(({ lanes }) => lanes.filter((lane) => lane.kind === kind && lane.resource === resource));

const timesOf = (lanes: Lane[], done: boolean): Pick<Result, "took" | "pace"> => {
  const last = lanes.at(-1);
  if (!last) return { pace: "unfinished" };
  const took = lanes.reduce((sum, lane) => sum + lane.took, 0);
  return { took, pace: paceOf(took, last.normal, done) };
};

const toldOf = (events: RunEvent[], resource: string): string => {
  const last = events.findLast((event) => event.event === "done" && event.resource === resource);
  return last?.event === "done" ? last.text : "";
};

const machineResult = (
  events: RunEvent[],
  destroys: Destroy[],
  machine: LabRecord["machines"][number],
): Result => {
  const { hostname, systemId, owner } = machine;
  const states = ofKind(events, "machine-state").filter((event) => event.hostname === hostname);
  const finished = events.some((event) => event.event === "done" && event.resource === hostname);
  const met = events.some((event) => event.event === "run-closed");
  const mine = (event: { hostname: string }) => event.hostname === hostname;
  const told = events.findLast((event) => "hostname" in event && mine(event));
  // A release that was sent and not answered yet: MAAS may have begun.
  const state = told?.event === "release-called" ? "release sent" : (states.at(-1)?.to ?? "");
  const absent = systemId === "";
  const done = finished || state === "Ready" || (met && absent);
  const failed = ofKind(events, "release-answered")
    .filter(mine)
    .filter(({ kind }) => kind !== "accepted")
    .map(({ reason }) => reason);
  const fell = states.filter(({ to }) => /fail/i.test(to)).map(({ to }) => to);
  return {
    kind: "machine",
    name: hostname,
    id: systemId,
    owner,
    state: state || (absent ? "not in MAAS at `up`" : untouched),
    done,
    told: toldOf(events, hostname),
    ...timesOf(lanesFor(destroys, hostname, "machine"), done),
    calls: ofKind(events, "release-called").filter(mine).length,
    reasons: [...failed, ...fell],
  };
};

/** Machines that were removed by force from a model that did not go away, by Juju's ids and their hostnames. */
export const forcedRemovals = (events: RunEvent[]): ForcedRemoval[] =>
  ofKind(events, "remove-machines-called").map(({ at, ids, hostnames }) => ({
    at,
    names: ids.map((id, place) => (hostnames?.[place] ? `${id} (${hostnames[place]})` : id)),
  }));

const modelResult = (
  events: RunEvent[],
  destroys: Destroy[],
  model: NonNullable<LabRecord["model"]>,
): Result => {
  const state = ofKind(events, "model-state").at(-1)?.state ?? "";
  const done = state === "gone" || events.some((event) => event.event === "run-closed");
  // All calls but the last were not enough; how long each was let run is our own limit and varies by a little.
  const answers = ofKind(events, "destroy-model-answered")
    .slice(0, -1)
    .map(({ kind, text }) =>
      kind === "stopped"
        ? "destroy-model was stopped at `stuckAfter`; the destruction went on in the controller"
        : text
          ? `${kind}: ${text}`
          : kind,
    );
  const forced = forcedRemovals(events).map(
    ({ names }) => `stuck: machines ${names.join(", ")} were removed by force`,
  );
  return {
    kind: "model",
    name: model.name,
    id: model.uuid,
    owner: model.controller,
    state: state || untouched,
    done,
    told: toldOf(events, model.name),
    ...timesOf(lanesFor(destroys, model.name, "model"), done),
    calls: ofKind(events, "destroy-model-called").length,
    reasons: [...answers, ...forced],
  };
};

/** What became of each thing that the run is about: the model first, then the machines in their order. */
export const resultsOf = (events: RunEvent[], destroys: Destroy[], lab: LabRecord): Result[] => [
  ...(lab.model ? [modelResult(events, destroys, lab.model)] : []),
  ...lab.machines.map((machine) => machineResult(events, destroys, machine)),
];
