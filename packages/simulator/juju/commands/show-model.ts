import { atMost, flags, formatOf } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { toJson, toYaml } from "../output.ts";
import { modelStatus } from "../reap.ts";
import { isJuju4 } from "../state.ts";
import { friendlyTime } from "../time.ts";
import type { Command } from "./command.ts";

/** `juju show-model`: one model in detail. Of a model that is gone the controller says "permission denied". */
export const showModel: Command = {
  flags: flags([], ["m=model", "model", "format"]),
  unsupported: flags([], ["o=output", "output"]),
  defaultFormat: "yaml",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["yaml", "json"], "yaml");
    atMost(1, parsed.rest);
    const given = parsed.rest[0] ?? parsed.values.get("model");
    const { model, stored } = await openModel(session, given, () => "permission denied");
    const { clock, state } = session.world;
    const nowMs = clock.now();
    const { current, message, since } = modelStatus(model, nowMs);
    const seen = friendlyTime(model.since, nowMs);
    const { user, name: cloud, uuid, client } = state.scenario;
    const answer = {
      [model.name]: {
        name: `${model.owner}/${model.name}`,
        "short-name": model.name,
        "model-uuid": model.uuid,
        "model-type": "iaas",
        "controller-uuid": uuid,
        "controller-name": stored.controller,
        "is-controller": model.isController,
        ...(isJuju4(client) ? {} : { owner: model.owner }),
        cloud,
        region: "default",
        type: "maas",
        life: model.life,
        status: { current, ...(message ? { message } : {}), since: friendlyTime(since, nowMs) },
        users: { [user]: { "display-name": user, access: model.scenario.access, "last-connection": seen } },
        machines: Object.fromEntries(model.machines.map(({ id, cores }) => [id, { cores }])),
        "agent-version": model.version,
        credential: {
          name: "maas-cred",
          owner: user,
          cloud,
          "validity-check": current === "suspended" ? "invalid" : "valid",
        },
        "supported-features": [
          { name: "juju", description: "the version of Juju used by the model", version: model.version },
        ],
      },
    };
    session.stdout(format === "json" ? toJson(answer) : toYaml(answer));
    return 0;
  },
};
