import type { Happening } from "./scenario.ts";
import { hostnameOf, labModel, labName, namesake, newcomer, type World, type WorldMachine } from "./world.ts";
import { beginRelease, deleteMachine, setStatus, takeOver } from "./world-machines.ts";

const pick = (world: World, who: number, machines: number): WorldMachine | undefined =>
  [...world.machines.values()].find(({ hostname }) => hostname === hostnameOf(who % machines));

/** Makes one thing happen, now, to this machine if it is one that happens to a machine. */
const happen = (world: World, what: Happening, machine: WorldMachine | undefined): void => {
  const model = world.models.get(labModel);
  const now = world.clock.now();
  switch (what.kind) {
    case "maas":
      world.maas = { trouble: what.trouble, until: now + what.takes };
      return;
    case "juju":
      world.juju = { trouble: what.trouble, until: now + what.takes };
      return;
    case "flicker":
      world.flickers = 1;
      return;
    case "suspend":
      if (model) model.suspended = true;
      return;
    case "block":
      world.blocked = true;
      return;
    case "join":
      if (model?.life !== "alive") return;
      world.machines.set("zzzz06", newcomer(now));
      model.machines.set("60", "zzzz06");
      return;
    case "namesake":
      if (!model && ![...world.models.values()].some(({ name }) => name === labName)) {
        const twin = namesake();
        world.models.set(twin.uuid, twin);
      }
      return;
  }
  if (!machine) return;
  switch (what.kind) {
    case "lock":
    case "unlock":
      // Only what is deployed can be locked.
      machine.locked = what.kind === "lock" && machine.status === 6;
      return;
    case "delete":
      deleteMachine(world, machine);
      return;
    case "release":
      beginRelease(world, machine);
      return;
    case "redeploy":
    case "owner":
    case "allocate":
    case "agent":
      takeOver(world, machine, what.kind);
      return;
    case "rescue":
      if (machine.status !== 6) return;
      machine.epoch += 1;
      setStatus(world, machine, 16);
  }
};

/** Lets something happen when its time comes. @returns takes it back */
export const letHappen = (world: World, what: Happening, machines: number): (() => void) => {
  const { turn, after } = what.when;
  const isOfTheLab = (machine: WorldMachine) => machine.hostname.startsWith("openstack");
  let takeBack = () => {};
  if (turn === "start") {
    takeBack = world.clock.after(after, () => happen(world, what, pick(world, what.who, machines)));
    return () => takeBack();
  }
  const hear = (heard: string, machine?: WorldMachine) => {
    if (heard !== turn || (machine && !isOfTheLab(machine))) return;
    world.atTurn.delete(hear);
    takeBack = world.clock.after(after, () =>
      happen(world, what, machine ?? pick(world, what.who, machines)),
    );
  };
  world.atTurn.add(hear);
  return () => {
    world.atTurn.delete(hear);
    takeBack();
  };
};
