import { flags, formatOf } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { printed } from "../output.ts";
import { fullStatus, statusTables } from "../show-status.ts";
import { cloudOf } from "../state.ts";
import type { Command } from "./command.ts";

/** `juju status`: everything in a model. Storage and relations are always in YAML and JSON. */
export const status: Command = {
  flags: flags(
    ["utc", "relations", "storage", "no-color", "color", "integrations"],
    ["m=model", "model", "format", "retry-count", "retry-delay"],
  ),
  unsupported: flags([], ["o=output", "output", "watch"]),
  defaultFormat: "tabular",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    const { model, stored } = await openModel(
      session,
      parsed.values.get("model"),
      ({ controller, name }) => `model ${controller}:${name} not found`,
    );
    const nowMs = session.simulation.clock.now();
    const { scenario } = session.simulation.state;
    const { client, version } = scenario;
    const cloud = cloudOf(scenario, model);
    const place = { controller: stored.controller, cloud, client, version, nowMs, only: parsed.rest };
    session.stdout(printed(format, fullStatus(model, place), () => statusTables(model, place)));
    return 0;
  },
};
