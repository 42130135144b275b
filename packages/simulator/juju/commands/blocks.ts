import { fail, usageError } from "../failure.ts";
import { atMost, flags, formatOf } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { printed, titled, toTable } from "../output.ts";
import { commandSets } from "../scenario.ts";
import type { Model } from "../state.ts";
import type { Command } from "./command.ts";

/** What juju says about a command that is disabled: the operator's text, and how to enable it; undefined when it is not. */
export const blockedBy = (
  { scenario }: Model,
  command: "destroy-model" | "remove-machine",
): string | undefined => {
  const set = command === "destroy-model" ? "destroy-model" : "remove-object";
  const block = scenario.disabled.find((disabled) => disabled.set === set || disabled.set === "all");
  if (!block) return undefined;
  const text = block.message || "the operation has been blocked";
  return `${text}\n\n${command} operation has been disabled for the current model.\nTo enable the command run\n\n    juju enable-command ${set}\n\n`;
};

/** `juju disabled-commands`: an empty list in the machine formats when nothing is. */
export const disabledCommands: Command = {
  flags: flags([], ["m=model", "model", "format"]),
  unsupported: flags(["all"], ["o=output", "output"]),
  defaultFormat: "tabular",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    atMost(0, parsed.rest);
    const { model } = await openModel(session, parsed.values.get("model"));
    const blocks = model.scenario.disabled.map(({ set, message }) => ({
      "command-set": set,
      ...(message ? { message } : {}),
    }));
    if (format === "tabular" && blocks.length === 0) session.stderr("No commands are currently disabled.\n");
    else {
      const rows = model.scenario.disabled.map(({ set, message }) => [set, message]);
      const table = (): string => toTable(titled("Disabled commands", "Message"), rows);
      session.stdout(printed(format, blocks, table));
    }
    return 0;
  },
};

const setOf = (given: string | undefined): (typeof commandSets)[number] => {
  const valid = [...commandSets].sort().join(", ");
  if (given === undefined) return fail(`missing command set (${valid})`, usageError);
  return (
    commandSets.find((set) => set === given) ?? fail(`bad command set, valid options: ${valid}`, usageError)
  );
};

/** `juju disable-command` and `juju enable-command`. */
const switchCommand = (disables: boolean): Command => ({
  flags: flags([], ["m=model", "model"]),
  run: async (session, { values, rest }) => {
    const set = setOf(rest[0]);
    if (!disables) atMost(1, rest);
    const { model } = await openModel(session, values.get("model"));
    const others = model.scenario.disabled.filter((block) => block.set !== set);
    model.scenario.disabled = disables ? [...others, { set, message: rest.slice(1).join(" ") }] : others;
    return 0;
  },
});

export const disableCommand = switchCommand(true);
export const enableCommand = switchCommand(false);
