import { fail, runError, usageError } from "../failure.ts";
import { flags } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { removeMachine as removeOnController } from "../reap.ts";
import type { Model } from "../state.ts";
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
    const { stdout, stderr, stdin, world } = session;
    if (rest.length === 0) fail("no machines specified", usageError);
    for (const id of rest) if (!machineId.test(id)) fail(`invalid machine id "${id}"`, usageError);
    const { model } = await openModel(session, values.get("model"));
    const { disabled } = model.scenario;
    if (disabled.includes("remove-object") || disabled.includes("all"))
      fail(
        "the operation has been blocked\n\nremove-machine operation has been disabled for the current model.\nTo enable the command run\n\n    juju enable-command remove-object\n",
      );
    const known = rest.filter((id) => has(model, id));
    const unknown = rest.filter((id) => !known.includes(id));
    const asks = !on.has("no-prompt");
    if (asks || on.has("dry-run")) stderr("WARNING This command will perform the following actions:\n");
    for (const id of known) stdout(effects(model, id));
    if (!on.has("dry-run")) {
      if (asks) {
        stderr("\nContinue [y/N]? ");
        if (!/^y(es)?$/i.test(stdin.split("\n")[0]?.trim() ?? "")) fail("machine removal: aborted");
      }
      for (const id of known) removeOnController(world, model, id, on.has("keep-instance"));
    }
    for (const id of unknown) stderr(`ERROR removing machine failed: machine ${id} not found\n`);
    return unknown.length > 0 ? runError : 0;
  },
};
