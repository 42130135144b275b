import { atMost, flags, formatOf } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { printed } from "../output.ts";
import { cloudOf, isJuju4 } from "../state.ts";
import { friendlyTime, type Instant } from "../time.ts";
import type { Command } from "./command.ts";
import { summaryHead, summaryStatus } from "./models.ts";

/** `juju show-model`: one model in detail. Of a model that is gone the controller says "permission denied". */
export const showModel: Command = {
  flags: flags([], ["m=model", "model", "format"]),
  unsupported: flags([], ["o=output", "output"]),
  defaultFormat: "yaml",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["yaml", "json"], "yaml");
    atMost(1, parsed.rest);
    const given = parsed.rest[0] ?? parsed.values.get("model");
    const denied = "permission denied";
    const { model, stored, user } = await openModel(session, given, () => denied, denied);
    const { clock, state } = session.simulation;
    const { scenario } = state;
    const time = (at: Instant): string => friendlyTime(at, clock.now());
    const { name: cloud, type } = cloudOf(scenario, model);
    const status = summaryStatus(session, model, time);
    const grants = Object.entries({ [user]: model.scenario.access, ...model.scenario.users });
    const answer = {
      [model.name]: {
        ...summaryHead(session, model, stored.controller),
        ...(type ? { type } : {}),
        life: model.life,
        status,
        users: Object.fromEntries(
          grants
            .filter(([, access]) => access !== "none")
            .map(([name, access]) => [
              name,
              { "display-name": name, access, "last-connection": time(model.since) },
            ]),
        ),
        machines: Object.fromEntries(model.machines.map(({ id, cores }) => [id, { cores }])),
        // A 3.6 server has this too; the recorded one did not.
        ...(isJuju4(scenario.version)
          ? { "secret-backends": { internal: { "num-secrets": 0, status: "active" } } }
          : {}),
        "agent-version": model.version,
        credential: {
          name: "maas-cred",
          owner: scenario.user,
          cloud,
          "validity-check": status.current === "suspended" ? "invalid" : "valid",
        },
        "supported-features": [
          { name: "juju", description: "the version of Juju used by the model", version: model.version },
        ],
      },
    };
    session.stdout(printed(format, answer));
    return 0;
  },
};
