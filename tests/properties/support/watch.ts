import { captureFiles, verifiedCapture } from "../../../teardown/run/captured.ts";
import type { Teardown } from "../../../teardown/teardown.ts";
import type { WorldProcess } from "./process.ts";
import type { Stack } from "./stack.ts";
import { labModel, type World, type WorldMachine } from "./world.ts";

/** The time that may lie between a look's picture and a call that goes by it: the wire, and nothing else. */
const onTheWire = 500;

/** What was found to be wrong, with the number of the invariant. */
export type Violations = string[];

/** Whether a machine is somebody else's by now: as a matter of fact, whatever MAAS shows of it. */
const isForeign = (machine: WorldMachine): boolean => machine.takenOver !== undefined;

/** Whether its owner was permitted to lose it: with the run directory lost, nothing tells it from what it was when it was permitted. */
const isPermitted = (stack: Stack, { systemId, owner, agentName }: WorldMachine): boolean =>
  stack.releaseUnclaimed.includes(systemId) &&
  agentName === "" &&
  stack.lab.machines.some((each) => each.systemId === systemId && each.owner === owner);

/** Whether it was the model's, or what is permitted to be released. */
const isOurs = (stack: Stack, machine: WorldMachine): boolean =>
  machine.ownerData["juju-model-uuid"] === labModel ||
  machine.agentName === labModel ||
  stack.releaseUnclaimed.includes(machine.systemId);

const mayBeTouched = (stack: Stack, machine: WorldMachine): boolean =>
  stack.machines.includes(machine.hostname) &&
  stack.lab.machines.some(({ systemId }) => systemId === machine.systemId);

/** Watches what a process sends: invariants 1, 2, 6 and 7, and that all was written down before. */
export const watch = (options: {
  world: World;
  stack: Stack;
  teardown: () => Teardown | undefined;
  violations: Violations;
}): WorldProcess["before"] => {
  const { world, stack, violations } = options;
  const wrong = (invariant: number, what: string) =>
    violations.push(`invariant ${invariant}: ${what} at ${world.clock.now()}`);

  const prepared = (what: string, event: string) => {
    const begun = options.teardown();
    if (!begun) return wrong(2, `${what} before the teardown began`);
    const captured = verifiedCapture(begun.run.directory, begun.run.journal.events());
    if (!captured) wrong(2, `${what} without a verified capture`);
    else if (
      stack.lab.model &&
      !stack.withoutBundle.includes(stack.lab.model.uuid) &&
      !captured.some(({ name }) => name === captureFiles.bundle)
    )
      wrong(2, `${what} without a bundle`);
    const events = begun.run.journal.events();
    const started = events.findLastIndex((each) => each.event === "destroy-started");
    if (!events.slice(started).some((each) => each.event === "guards-passed"))
      wrong(2, `${what} before the guards passed`);
    if (events.at(-1)?.event !== event && !events.slice(started).some((each) => each.event === event))
      wrong(2, `${what} that was not written down`);
  };
  const unlisted = (uuid: string) =>
    [...world.machines.values()].filter(
      (machine) =>
        machine.agentName === uuid &&
        !mayBeTouched(stack, machine) &&
        !stack.alsoDestroyed.includes(machine.systemId) &&
        // What joins at the last moment cannot be seen; from then on it is Juju's doing, and not ours.
        (machine.takenOver === undefined ||
          (world.models.get(uuid)?.life === "alive" && world.clock.now() - machine.takenOver > onTheWire)),
    );

  return {
    release: (systemId) => {
      const machine = world.machines.get(systemId);
      prepared(`a release of ${systemId}`, "release-called");
      if (!machine) return;
      const now = world.clock.now();
      if (!mayBeTouched(stack, machine)) wrong(1, `${machine.hostname} was released`);
      if (world.models.get(stack.lab.model?.uuid ?? "")?.life === "alive")
        wrong(7, `${machine.hostname} was released while its model was alive`);
      if (!isForeign(machine) && !isOurs(stack, machine))
        wrong(1, `${machine.hostname} is nothing of the model's`);
      const isTaken = isForeign(machine) && !isPermitted(stack, machine);
      if (isTaken && now - (machine.takenOver ?? 0) > onTheWire)
        wrong(1, `${machine.hostname} was released, taken over ${now - (machine.takenOver ?? 0)} ms before`);
      if (machine.readySince !== undefined && now - machine.readySince > onTheWire)
        wrong(6, `${machine.hostname} was released, Ready for ${now - machine.readySince} ms`);
    },
    destroyModel: (uuid) => {
      prepared("destroy-model", "destroy-model-called");
      if (uuid !== stack.lab.model?.uuid) wrong(1, `model ${uuid} was destroyed`);
      for (const { hostname } of unlisted(uuid)) wrong(1, `${hostname} was destroyed with the model`);
    },
    removeMachines: (uuid, ids) => {
      prepared("remove-machine", "remove-machines-called");
      if (uuid !== stack.lab.model?.uuid) wrong(1, `machines of ${uuid} were removed`);
      const model = world.models.get(uuid);
      if (model?.life === "alive") wrong(1, "machines were removed by force from a model that is alive");
      const removed = new Set(ids.map((id) => model?.machines.get(id)));
      for (const { hostname, systemId } of unlisted(uuid))
        if (removed.has(systemId)) wrong(1, `${hostname} was removed by force`);
    },
  };
};
