import { createHash } from "node:crypto";
import { fail } from "../failure.ts";
import { atMost, flags, formatOf } from "../flags.ts";
import { type Column, printed, titled, toJson, toTable, toYaml } from "../output.ts";
import { resolveController } from "../resolve.ts";
import { connect, type Session, visibleModels } from "../session.ts";
import type { Command } from "./command.ts";
import { unqualified } from "./whoami.ts";

const described = ({ store }: Session, name: string): Record<string, unknown> | undefined => {
  const controller = store.controllers().controllers[name];
  if (!controller) return undefined;
  const account = store.account(name);
  const current = store.currentModel(name);
  const endpoints = controller["api-endpoints"];
  const total = controller["controller-machine-count"];
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
    ...(controller["machine-count"] ? { "machine-count": controller["machine-count"] } : {}),
    ...(total > 0
      ? { "controller-machines": { active: controller["active-controller-machine-count"], total } }
      : {}),
  };
};

const columns: readonly Column[] = [
  ...titled("Controller", "Model", "User", "Access", "Cloud/Region"),
  ...["Models", "Nodes", "HA"].map((title) => ({ title, right: true })),
  ...titled("Version"),
];

const tableRow = ({ store }: Session, name: string, isCurrent: boolean): string[] => {
  const controller = store.controllers().controllers[name];
  const account = store.account(name);
  const current = store.currentModel(name);
  const [active, total] = [
    controller?.["active-controller-machine-count"] ?? 0,
    controller?.["controller-machine-count"] ?? 0,
  ];
  const several = active < total ? `${active}/${total}` : `${total}`;
  return [
    isCurrent ? `${name}*` : name,
    current ? unqualified(current, account?.user ?? "") : "-",
    account?.user ?? "-",
    account?.["last-known-access"] ?? "",
    `${controller?.cloud ?? ""}/${controller?.region ?? ""}`,
    `${Object.keys(store.models(name)).length || "-"}`,
    `${controller?.["machine-count"] || "-"}`,
    total === 0 ? "-" : total === 1 ? "none" : several,
    controller?.["agent-version"] ?? "",
  ];
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
      const rows = names.map((name) => tableRow(session, name, name === current));
      stdout(
        `Use --refresh option with this command to see the latest information.\n\n${toTable(columns, rows)}`,
      );
    }
    return 0;
  },
};

/** Not that of a certificate, as the lab's is none. */
const fingerprint = (text: string): string =>
  createHash("sha256")
    .update(text)
    .digest("hex")
    .toUpperCase()
    .replaceAll(/(..)(?!$)/g, "$1:");

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
    if (!known.controllers[name]) return fail(`controller ${name} not found`);
    const user = await connect(session, name);
    const account = session.store.account(name);
    const stored = known.controllers[name];
    // The client calls a UUID by another name in JSON than in YAML.
    const uuidKey = (yaml: string): string => (format === "json" ? "uuid" : yaml);
    const { version } = session.simulation.state.scenario;
    const visible = visibleModels(session, user, true);
    const answer = {
      [name]: {
        details: {
          [uuidKey("controller-uuid")]: stored?.uuid,
          "api-endpoints": stored?.["api-endpoints"],
          cloud: stored?.cloud,
          region: stored?.region,
          "agent-version": version,
          "controller-model-version": version,
          "ca-fingerprint": fingerprint(stored?.["ca-cert"] ?? ""),
          "ca-cert": stored?.["ca-cert"],
        },
        models: Object.fromEntries(
          visible.map(({ name: model, uuid, machines }) => [
            model,
            {
              [uuidKey("model-uuid")]: uuid,
              ...(machines.length > 0 ? { "machine-count": machines.length } : {}),
            },
          ]),
        ),
        ...(session.store.currentModel(name) ? { "current-model": session.store.currentModel(name) } : {}),
        account: { user, access: account?.["last-known-access"] ?? "" },
      },
    };
    session.stdout(printed(format, answer));
    return 0;
  },
};
