import { type RefusalWhy, type ReleaseEffect, releaseEffect } from "../../../teardown/clients/maas.ts";
import { otherModel, turn, us, type World, type WorldMachine } from "./world.ts";

/** How MAAS answers a release, and when. `hung`: not before the client gives up. */
export type Begun =
  | { kind: "refused"; why: RefusalWhy; status: number; reason: string; after: number }
  | { kind: "accepted" | "power-failed" | "unknown"; after: number; reason: string };

export const setStatus = (world: World, machine: WorldMachine, status: number): void => {
  machine.status = status;
  if (status !== 4) machine.readySince = undefined;
  else machine.readySince ??= world.clock.now();
  machine.wasReleased ||= status === 4 || status === 0;
  if (status === 4) turn(world, "ready", machine);
  if (status === 13 || status === 15) turn(world, "failed", machine);
};

export const deleteMachine = (world: World, { systemId }: WorldMachine): void => {
  world.machines.delete(systemId);
  world.deleted.set(systemId, world.clock.now());
};

const free = (world: World, machine: WorldMachine): void => {
  if (machine.ends === "vanishes") {
    deleteMachine(world, machine);
    return;
  }
  Object.assign(machine, {
    owner: null,
    ownerData: {},
    agentName: "",
    osystem: "",
    releasedAt: world.clock.now(),
  });
  setStatus(world, machine, machine.ends === "new" ? 0 : 4);
};

/** Does something with a machine later, unless something else was begun with it meanwhile. */
const later = (world: World, machine: WorldMachine, ms: number, what: () => void): void => {
  const { epoch } = machine;
  world.clock.after(ms, () => {
    if (machine.epoch === epoch && world.machines.has(machine.systemId)) what();
  });
};

const silence = 960_000;

/** A release arrives, from whomever: MAAS's own rules, with the machine's next fault. */
export const beginRelease = (world: World, machine: WorldMachine): Begun => {
  const effect: ReleaseEffect = releaseEffect(machine.status);
  if (machine.locked)
    return { kind: "refused", why: "permission", status: 403, reason: "locked or not yours", after: 50 };
  if (effect === "ready" || effect === "releasing") return { kind: "accepted", after: 50, reason: "" };
  if (effect === "erasing" || effect === "not-releasable") {
    const reason = "cannot be released in its current state";
    return { kind: "refused", why: "state", status: 409, reason, after: 50 };
  }
  const fault = machine.faults.shift();
  if (fault?.kind === "busy") return { kind: "unknown", after: 20_000, reason: "too busy" };
  if (fault?.kind === "never-begun")
    return { kind: "unknown", after: fault.after, reason: "connection lost" };

  const previous = machine.status;
  machine.epoch += 1;
  machine.osystem = "";
  machine.agentName = "";
  setStatus(world, machine, 12);
  // Taken while the call was on the wire: it is released all the same, and is the taker's.
  machine.wasReleased ||= machine.takenOver !== undefined;
  turn(world, "begun", machine);
  const ends = (ms: number) => later(world, machine, ms, () => free(world, machine));
  const accepted: Begun = { kind: "accepted", after: machine.post, reason: "" };
  switch (fault?.kind) {
    case "power-failed":
      later(world, machine, fault.after, () => {
        setStatus(world, machine, previous);
        turn(world, "failed", machine);
      });
      return { kind: "power-failed", after: fault.after + 10, reason: "the BMC does not answer" };
    case "never-off":
      later(world, machine, 300_000 + 60_000 * world.random(), () => {
        machine.errorDescription = "Node operation 'Releasing' timed out after 5 minutes.";
        setStatus(world, machine, 13);
      });
      return accepted;
    case "lost":
      ends(machine.release);
      return { kind: "unknown", after: fault.after, reason: "connection lost" };
    case "silent":
      ends(machine.release);
      return { kind: "unknown", after: silence, reason: "no answer in time" };
    case "erase":
      setStatus(world, machine, 14);
      later(world, machine, fault.takes, () => {
        setStatus(world, machine, 12);
        ends(2_000);
      });
      return accepted;
    case "erase-failed":
      setStatus(world, machine, 14);
      later(world, machine, fault.takes, () => setStatus(world, machine, 15));
      return accepted;
    default:
      ends(machine.release);
      return accepted;
  }
};

/** Disk erasing that was on its way before we came. */
export const finishErase = (world: World, machine: WorldMachine): void =>
  later(world, machine, machine.release, () => free(world, machine));

export type Taking = "redeploy" | "owner" | "allocate" | "agent";

/**
 * Somebody else takes a machine: for a model of theirs, by its owner, as the same user without Juju, or for another model of the same
 * user that has not written its owner_data. The last two are nobody's to see but by the release that MAAS finished before.
 */
export const takeOver = (world: World, machine: WorldMachine, how: Taking): void => {
  const now = world.clock.now();
  machine.epoch += 1;
  machine.takenOver = now;
  const isOfTheSameUser = how === "allocate" || how === "agent";
  // MAAS gives nobody a machine that it is releasing or failed to: it was Ready in between.
  machine.wasReleased ||= isOfTheSameUser || (machine.status >= 12 && machine.status <= 15);
  if (isOfTheSameUser && machine.status !== 4) machine.releasedAt = now;
  setStatus(world, machine, how === "allocate" ? 10 : 6);
  machine.locked = false;
  machine.osystem = how === "allocate" ? "" : "ubuntu";
  machine.agentName = how === "redeploy" || how === "agent" ? otherModel : "";
  machine.ownerData = how === "redeploy" ? { "juju-model-uuid": otherModel } : {};
  if (how === "owner") machine.owner = "somebody-else";
  else if (isOfTheSameUser) machine.owner = us;
  else machine.owner ??= "somebody-else";
};

/** A person brings a machine to Ready, by whatever it takes. */
export const bringToReady = (world: World, machine: WorldMachine): void => {
  machine.epoch += 1;
  machine.locked = false;
  machine.ends = "ready";
  machine.takenOver = undefined;
  free(world, machine);
};
