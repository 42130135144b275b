import { releaseEffect } from "../../../teardown/clients/maas.ts";
import { turn, type World, type WorldModel } from "./world.ts";
import { beginRelease } from "./world-machines.ts";

const removed = (world: World, model: WorldModel): void => {
  world.models.delete(model.uuid);
  turn(world, "gone");
};

/** Juju releases the machines of a model that it tears down; what MAAS refuses is left as it is. */
const releaseAll = (world: World, model: WorldModel): void => {
  for (const machine of world.machines.values()) {
    if (machine.agentName !== model.uuid || releaseEffect(machine.status) === "releasing") continue;
    beginRelease(world, machine);
  }
};

const reap = (world: World, model: WorldModel): void => {
  if (model.reaping) return;
  model.reaping = true;
  const { clock } = world;
  clock.after(model.reap / 4, () => {
    model.applications = 0;
  });
  clock.after(model.reap / 2, () => releaseAll(world, model));
  const end = () => {
    if (model.untilRemoved || model.untilAgain > 0 || model.suspended) {
      model.reaping = false;
      return;
    }
    model.life = "dead";
    clock.after(1_000, () => removed(world, model));
  };
  clock.after(model.reap, end);
};

/** The controller takes a destroy-model: again and again is safe. */
export const takeDestroy = (world: World, model: WorldModel): void => {
  if (model.life === "dying") model.untilAgain = Math.max(0, model.untilAgain - 1);
  if (model.life === "alive") model.life = "dying";
  if (!model.suspended) reap(world, model);
  turn(world, "taken");
};

/** The controller removes machines by force. @returns the ids that it knew */
export const takeRemoval = (world: World, model: WorldModel, ids: readonly string[]): string[] => {
  const known = ids.filter((id) => model.machines.has(id));
  for (const id of known) model.machines.delete(id);
  if (model.machines.size === 0) model.untilRemoved = false;
  if (model.life === "dying" && !model.suspended) reap(world, model);
  return known;
};

/** A model that was dying before we came. */
export const isDyingAlready = (world: World, model: WorldModel): void => {
  model.life = "dying";
  reap(world, model);
};

/** Somebody renews the credential of a suspended model. */
export const renewCredential = (world: World, model: WorldModel): void => {
  model.suspended = false;
  if (model.life === "dying") reap(world, model);
};
