import { effectOfStatus } from "../clients/maas.ts";
import type { LabRecord } from "../record.ts";
import type { RunEvent } from "../run/event.ts";
import { ofKind } from "./events.ts";
import { compare } from "./phases.ts";
import type { Destroy, ForcedRemoval, Result } from "./report.ts";

const timesOf = (destroys: Destroy[], { kind, name, done }: Pick<Result, "kind" | "name" | "done">) => {
  const timelines = destroys.flatMap((destroy) =>
    destroy.timelines.filter((timeline) => timeline.kind === kind && timeline.resource === name),
  );
  const last = timelines.at(-1);
  if (!last) return { compared: done ? "not compared" : "unfinished" } as const;
  const took = timelines.reduce((sum, timeline) => sum + timeline.took, 0);
  return { took, compared: compare(took, last.runbook, done) };
};

const summaryOf = (events: RunEvent[], resource: string): string =>
  ofKind(events, "done").findLast((event) => event.resource === resource)?.text ?? "";

/** Why a machine's releases failed: as MAAS answered, or as the machine was seen afterwards. */
const failuresOf = (events: RunEvent[]): string[] => {
  const failures: string[] = [];
  let isReleasing = false;
  for (const event of events) {
    if (event.event === "release-answered") {
      isReleasing = event.kind === "accepted";
      if (!isReleasing) failures.push(event.reason);
    } else if (event.event === "machine-state") {
      const effect = effectOfStatus(event.to);
      // A failed power-off silently puts the machine back to its previous status (maas.md 6).
      if (isReleasing && effect === "releasable") failures.push(`the release failed: ${event.to} again`);
      if (effect === "failed-retryable" || effect === "not-releasable") failures.push(event.to);
      isReleasing = effect === "releasing" || effect === "erasing";
    }
  }
  return failures;
};

const machineResult = (
  events: RunEvent[],
  destroys: Destroy[],
  { hostname, systemId, owner }: LabRecord["machines"][number],
): Result => {
  const own = events.filter((event) => "hostname" in event && event.hostname === hostname);
  // A release that was sent and not answered yet: MAAS may have begun.
  const sent = own.at(-1)?.event === "release-called";
  const state = sent ? "release sent" : (ofKind(own, "machine-state").at(-1)?.to ?? "");
  const finished = ofKind(events, "done").some(({ resource }) => resource === hostname);
  const about = { kind: "machine", name: hostname, done: finished || state === "Ready" } as const;
  return {
    ...about,
    id: systemId,
    owner,
    state,
    summary: summaryOf(events, hostname),
    ...timesOf(destroys, about),
    calls: ofKind(own, "release-called").length,
    failures: failuresOf(own),
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
  { name, uuid, controller }: NonNullable<LabRecord["model"]>,
): Result => {
  const state = ofKind(events, "model-state").at(-1)?.state ?? "";
  const closed = events.some(({ event }) => event === "run-closed");
  const about = { kind: "model", name, done: state === "gone" || closed } as const;
  // All calls but the last were not enough; how long each was let run is our own limit and varies by a little.
  const answers = ofKind(events, "destroy-model-answered")
    .slice(0, -1)
    .map(({ kind, text }) => {
      if (kind === "stopped")
        return "destroy-model was stopped at `stuckAfter`; the destruction went on in the controller";
      return text ? `${kind}: ${text}` : kind;
    });
  const forced = forcedRemovals(events).map(
    ({ names }) => `stuck: machines ${names.join(", ")} were removed by force`,
  );
  return {
    ...about,
    id: uuid,
    owner: controller,
    state,
    summary: [summaryOf(events, name), summaryOf(events, "reaping")].filter(Boolean).join("; "),
    ...timesOf(destroys, about),
    calls: ofKind(events, "destroy-model-called").length,
    failures: [...answers, ...forced],
  };
};

/** What became of each thing that the run is about: the model first, then the machines in their order. */
export const resultsOf = (events: RunEvent[], destroys: Destroy[], lab: LabRecord): Result[] => [
  ...(lab.model ? [modelResult(events, destroys, lab.model)] : []),
  ...lab.machines.map((machine) => machineResult(events, destroys, machine)),
];
