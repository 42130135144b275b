import { atMost, flags, formatOf } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { printed, toTable } from "../output.ts";
import { machineColumns, machineRows, showMachines } from "../show.ts";
import type { Command } from "./command.ts";

/** `juju machines`: the machines of a model; the MAAS system_id is `instance-id`. */
export const machines: Command = {
  flags: flags(["utc", "color"], ["m=model", "model", "format"]),
  unsupported: flags([], ["o=output", "output"]),
  defaultFormat: "tabular",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    atMost(0, parsed.rest);
    const { model } = await openModel(session, parsed.values.get("model"));
    const { version } = session.simulation.state.scenario;
    const answer = { model: model.name, machines: showMachines(model, model.machines, version) };
    const table = (): string => toTable(machineColumns, machineRows(model, model.machines));
    session.stdout(printed(format, answer, table));
    return 0;
  },
};
