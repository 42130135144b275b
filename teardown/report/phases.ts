import { ms } from "./destroys.ts";
import { normalTimes, paceOf } from "./normal-times.ts";
import type { Destroy, Lane, Normal, Phase, Result } from "./report.ts";

/** The runbook's phases, in its order, and which lines of the timeline each is made of. */
const phases = [
  { name: "guards", what: "host, user, identities, owners, locks", is: "guards" },
  { name: "capture", what: "bundle, status and list of models", is: "capture" },
  { name: "destroy model", what: "destroy-model, until Juju no longer lists it", is: "model" },
  { name: "release", what: "beside the model: all machines, until the last is Ready", is: "machine" },
  { name: "exit criteria", what: "everything read afresh", is: "exit criteria" },
] as const;

const belongs = (lane: Lane, is: (typeof phases)[number]["is"]) =>
  lane.kind === "check" ? lane.resource === is : lane.kind === is;

/** From the first line's beginning to the last one's end. */
const stretch = (lanes: Lane[]): number => {
  const times = lanes.flatMap(({ bars, marks }) => [
    ...bars.flatMap(({ from, to }) => [ms(from), ms(to)]),
    ...marks.map(({ at }) => ms(at)),
  ]);
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
};

/** How long each phase took over all destroys, waiting between them left out, and whether that was normal. */
export const phasesOf = (destroys: Destroy[], results: Result[]): Phase[] =>
  phases.map(({ name, what, is }) => {
    const perDestroy = destroys
      .map(({ lanes }) => lanes.filter((lane) => belongs(lane, is)))
      .filter((lanes) => lanes.length > 0);
    const last = perDestroy.at(-1);
    if (!last) return { name, what, pace: "not reached", ...normalOf(is, destroys) };
    // Guards, capture and exit criteria are done anew in each destroy; only the last time counts. The rest goes on.
    const again = is !== "model" && is !== "machine";
    const took = (again ? [last] : perDestroy).reduce((sum, lanes) => sum + stretch(lanes), 0);
    const ended = again
      ? last.every(({ good }) => good)
      : results.filter(({ kind }) => kind === is).every(({ done }) => done);
    const { normal } = last[0] ?? {};
    const pace = again && !ended ? "failed" : paceOf(took, normal, ended);
    return { name, what, took, ...(normal && { normal }), pace };
  });

const normalOf = (is: (typeof phases)[number]["is"], destroys: Destroy[]): { normal?: Normal } => {
  const known = {
    guards: normalTimes.guards,
    capture: normalTimes.capture,
    model: normalTimes.model,
  } as const;
  if (is === "machine") {
    const lane = destroys.flatMap(({ lanes }) => lanes).find(({ kind }) => kind === "machine");
    return lane ? (lane.normal ? { normal: lane.normal } : {}) : { normal: normalTimes.release };
  }
  return { normal: is === "exit criteria" ? normalTimes.exit : known[is] };
};
