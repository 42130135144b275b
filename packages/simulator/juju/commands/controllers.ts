import { fail } from "../failure.ts";
import { atMost, flags, formatOf } from "../flags.ts";
import { toJson, toTable, toYaml } from "../output.ts";
import { resolveController } from "../resolve.ts";
import type { Session } from "../session.ts";
import { connect } from "../session.ts";
import type { Command } from "./command.ts";
import { unqualified } from "./whoami.ts";

const described = ({ store }: Session, name: string): Record<string, unknown> | undefined => {
  const controller = store.controllers().controllers[name];
  if (!controller) return undefined;
  const account = store.account(name);
  const current = store.currentModel(name);
  const endpoints = controller["api-endpoints"];
  return {
    ...(current ? { "current-model": unqualified(current, account?.user ?? "") } : {}),
    ...(account ? { user: account.user, access: account["last-known-access"] ?? "" } : {}),
    ...(endpoints[0] ? { "recent-server": endpoints[0] } : {}),
    "controller-uuid": controller.uuid,
    "api-endpoints": endpoints,
    "ca-cert": controller["ca-cert"],
    cloud: controller.cloud,
    ...(controller.region ? { region: controller.region } : {}),
    "agent-version": controller["agent-version"],
    "model-count": Object.keys(store.models(name)).length,
    ...(controller["machine-count"] === undefined ? {} : { "machine-count": controller["machine-count"] }),
    "controller-machines": {
      active: controller["active-controller-machine-count"],
      total: controller["controller-machine-count"],
    },
  };
};

/** `juju controllers`: local files only. */
export const controllers: Command = {
  flags: flags([], ["format"]),
  unsupported: flags(["refresh", "managed"], ["o=output", "output"]),
  defaultFormat: "tabular",
  run: (session, parsed) => {
    const { store, stdout } = session;
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    atMost(0, parsed.rest);
    const known = store.controllers();
    const names = Object.keys(known.controllers);
    const current = known["current-controller"];
    const entries = Object.fromEntries(names.map((name) => [name, described(session, name)]));
    if (format === "yaml") stdout(toYaml({ controllers: entries, "current-controller": current }));
    else if (format === "json")
      stdout(toJson({ controllers: names.length > 0 ? entries : null, "current-controller": current }));
    else {
      // Ends the call with juju's words for "none registered".
      if (names.length === 0) resolveController(session, undefined, 1);
      const rows = names.map((name) => [
        name === current ? `${name}*` : name,
        store.currentModel(name) ?? "-",
        store.account(name)?.user ?? "-",
        store.account(name)?.["last-known-access"] ?? "",
        `${known.controllers[name]?.cloud ?? ""}/${known.controllers[name]?.region ?? ""}`,
        known.controllers[name]?.["agent-version"] ?? "",
      ]);
      const titles = ["Controller", "Model", "User", "Access", "Cloud/Region", "Version"];
      stdout(
        toTable(
          titles.map((title) => ({ title })),
          rows,
        ),
      );
    }
    return 0;
  },
};

/** `juju show-controller`: what the client's files say, once the controller has answered. */
export const showController: Command = {
  flags: flags([], ["c=controller", "controller", "format"]),
  unsupported: flags(["show-password"], ["o=output", "output"]),
  defaultFormat: "yaml",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["yaml", "json"], "yaml");
    atMost(1, parsed.rest);
    const known = session.store.controllers();
    const name = parsed.rest[0] ?? parsed.values.get("controller") ?? known["current-controller"];
    if (!name) return fail("there is no active controller");
    const details = described(session, name);
    if (!details) return fail(`controller ${name} not found`);
    await connect(session, name);
    const account = session.store.account(name);
    const answer = {
      [name]: {
        details: {
          "controller-uuid": details["controller-uuid"],
          "api-endpoints": details["api-endpoints"],
          "ca-cert": details["ca-cert"],
          cloud: details.cloud,
          region: details.region,
          "agent-version": session.world.state.scenario.version,
        },
        ...(details["current-model"] ? { "current-model": details["current-model"] } : {}),
        account: { user: account?.user ?? "", access: account?.["last-known-access"] ?? "" },
      },
    };
    session.stdout(format === "json" ? toJson(answer) : toYaml(answer));
    return 0;
  },
};
