import { type MaasMachine, releaseEffect } from "./clients/maas.ts";
import type { Context } from "./context.ts";
import { somebodyElses } from "./guards/machine-guard.ts";
import type { MachineRecord } from "./record.ts";
import type { Run } from "./run/run-directory.ts";

/**
 * What a machine is seen as, by its id. `vanished`: MAAS says to an administrator's key that it does not know the id. `invisible`:
 * it is there, and this key may not see it. `unknown`: MAAS does not know the id, as far as an ordinary key is told; absence is never
 * concluded from that, nor that somebody has it.
 */
export type Seen = MaasMachine | "vanished" | "invisible" | "unknown";

/** Looks at one machine afresh, by its system_id. @throws TeardownError `maas` or `interrupted` */
export type Look = (systemId: string) => Promise<Seen>;

/** Makes the look of one operation. */
export const machineLook = (context: Context): Look => {
  let isAdmin: Promise<boolean> | undefined;
  return async (systemId) => {
    const maas = await context.maas();
    const look = await maas.lookAt(systemId);
    if (look.kind === "seen") return look.machine;
    if (look.kind === "forbidden") return "invisible";
    isAdmin ??= maas.whoami().then((who) => who.isAdmin);
    return (await isAdmin) ? "vanished" : "unknown";
  };
};

/** Whether MAAS lists a machine under a model's agent_name: Juju allocated it, and no release of it has begun since (maas.md 7, 11). */
export const isAllocatedFor = async (
  context: Context,
  systemId: string,
  modelUuid: string,
): Promise<boolean> => {
  const maas = await context.maas();
  return (await maas.machines({ systemIds: [systemId], agentName: modelUuid })).length > 0;
};

/**
 * How far a machine's release has come since this run was opened. `ready`: it was seen Ready, or MAAS says that it finished somebody's
 * release (Juju releases its machines too). `accepted`: MAAS took our release.
 */
export const releaseSeen = async (
  context: Context,
  run: Run,
  machine: MachineRecord,
): Promise<"ready" | "accepted" | "none"> => {
  const events = run.journal.events();
  const own = events.filter((each) => "systemId" in each && each.systemId === machine.systemId);
  if (own.some((each) => each.event === "machine-state" && each.to === "Ready")) return "ready";
  const opened = events[0]?.at;
  const maas = await context.maas();
  const isFinished =
    opened !== undefined && (await maas.releasedSince(machine, Date.parse(opened))) !== undefined;
  if (isFinished) return "ready";
  const isAccepted = own.some((each) => each.event === "release-answered" && each.kind === "accepted");
  return isAccepted ? "accepted" : "none";
};

/** Whether a machine was released since this run was opened. */
export const wasReleased = async (context: Context, run: Run, machine: MachineRecord): Promise<boolean> =>
  (await releaseSeen(context, run, machine)) !== "none";

/**
 * Whether a machine that may be released is in somebody else's use since it was released in this run: it was Ready, which takes its
 * owner_data away; or MAAS took our release, and it is more than the remains of a failed one.
 */
export const isTaken = async (
  context: Context,
  run: Run,
  recorded: MachineRecord,
  machine: MaasMachine,
): Promise<boolean> => {
  const effect = releaseEffect(machine.status);
  const { model } = run.lab;
  const its = machine.ownerData["juju-model-uuid"];
  if ((effect !== "releasable" && effect !== "failed-retryable") || (its && its === model?.uuid))
    return false;
  const seen = await releaseSeen(context, run, recorded);
  if (seen !== "ready" && !(seen === "accepted" && somebodyElses(machine, model))) return false;
  if (its || !model) return true;
  // Juju may have allocated it to the model again, and sets owner_data by best effort (maas.md 7).
  return !(await isAllocatedFor(context, machine.systemId, model.uuid));
};
