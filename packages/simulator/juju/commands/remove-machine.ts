import { fail, runError, usageError } from "../failure.ts";
import { flags } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { removeMachine as removeOnController } from "../reap.ts";
import { targetModel } from "../resolve.ts";
import { isJuju4, type Model } from "../state.ts";
import { blockedBy } from "./blocks.ts";
import type { Command } from "./command.ts";

const machineId = /^\d+(\/(lxd|kvm)\/\d+)*$/;

const unitsOn = (model: Model, machine: string): string[] =>
  model.workload.applications
    .flatMap(({ units }) => units)
    .filter((unit) => unit.machine === machine)
    .map(({ name }) => `- will remove unit ${name}\n`)
    .sort();

/** What goes with a machine: its units, its containers, and theirs. */
const effects = (model: Model, id: string): string => {
  const containers = model.workload.containers[id] ?? [];
  return [
    `will remove machine ${id}\n`,
    ...unitsOn(model, id),
    ...containers.flatMap((container) => [
      `will remove machine ${container}\n`,
      ...unitsOn(model, container),
    ]),
  ].join("");
};

const has = (model: Model, id: string): boolean =>
  model.machines.some((machine) => machine.id === id) ||
  Object.values(model.workload.containers).flat().includes(id);

/** `juju remove-machine`: without `--no-prompt` it asks, and takes silence for a no. */
export const removeMachine: Command = {
  flags: flags(["force", "no-wait", "no-prompt", "keep-instance", "dry-run"], ["m=model", "model"]),
  run: async (session, { on, values, rest }) => {
    const { stdout, stderr, stdin, simulation } = session;
    const target = targetModel(session, values.get("model"));
    if (rest.length === 0) fail("no machines specified", usageError);
    for (const id of rest) if (!machineId.test(id)) fail(`invalid machine id "${id}"`, usageError);
    if (on.has("no-wait") && !on.has("force")) fail("--no-wait without --force not valid", usageError);
    const { model } = await openModel(session, target);
    const blocked = blockedBy(model, "remove-machine");
    if (blocked) fail(blocked);
    const known = rest.filter((id) => has(model, id));
    const unknown = rest.filter((id) => !known.includes(id));
    const notFound = (id: string): string =>
      isJuju4(simulation.state.scenario.version)
        ? `getting machine UUID: getting UUID for machine "${id}": machine "${id}": machine not found`
        : `machine ${id} not found`;
    const report = (): number => {
      for (const id of unknown) stderr(`ERROR removing machine failed: ${notFound(id)}\n`);
      return unknown.length > 0 ? runError : 0;
    };
    const asks = !on.has("no-prompt");
    // What would be removed is only told when all of it is there.
    if (asks || on.has("dry-run")) {
      if (unknown.length > 0) return report();
      stderr("WARNING This command will perform the following actions:\n");
    }
    for (const id of known) stdout(effects(model, id));
    if (on.has("dry-run")) return 0;
    if (asks) {
      stderr("\nContinue [y/N]? ");
      if (!/^y(es)?$/i.test(stdin.split("\n")[0]?.trim() ?? "")) fail("machine removal: aborted");
    }
    for (const id of known) removeOnController(simulation, model, id, on.has("keep-instance"));
    return report();
  },
};
