import { z } from "zod";
import { fail, usageError } from "../failure.ts";
import { atMost, type Flags, flags, formatOf, type Parsed } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { printed, titled, toTable, toYaml } from "../output.ts";
import type { Session } from "../session.ts";
import { bindingsOf, presentApplications } from "../show-status.ts";
import type { Model } from "../state.ts";
import type { Application } from "../workload.ts";
import type { Command } from "./command.ts";

// What a model holds, application by application, from which a bundle can be composed. No answer of these commands was
// recorded: shapes and texts are those of Juju's source, 3.6.

const ofModel: Flags = flags([], ["m=model", "model", "format"]);

/** An application of the addressed model, by the command's first argument. */
const openApplication = async (
  session: Session,
  { values }: Parsed,
  name: string,
): Promise<{ model: Model; application: Application }> => {
  const { model } = await openModel(session, values.get("model"));
  const application = presentApplications(model).find((one) => one.name === name);
  return application ? { model, application } : fail(`application "${name}" not found`);
};

const typeOf = (value: unknown): string =>
  typeof value === "boolean" ? "boolean" : typeof value === "number" ? "int" : "string";

const description = "An option of the charm (simulated).";

/** Options that nobody has set, as every charm has some: with a default, and without. */
const untouched = {
  "use-syslog": { default: false, description, source: "default", type: "boolean", value: false },
  "extra-settings": { description, source: "unset", type: "string" },
};

/** `juju config APPLICATION [KEY]`: what somebody has set has the source `user`. */
export const config: Command = {
  flags: ofModel,
  unsupported: flags([], ["file", "reset", "o=output", "output"]),
  defaultFormat: "yaml",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["yaml", "json"], "yaml");
    const [name, key, ...more] = parsed.rest;
    if (name === undefined || name.includes("=")) return fail("no application name specified", usageError);
    if (key?.includes("=")) return fail("the simulated lab's juju config sets nothing", usageError);
    if (more.length > 0) fail("can only retrieve a single value, or all values", usageError);
    const { model, application } = await openApplication(session, parsed, name);
    const { options = {} } = model.bundle.applications[name] ?? {};
    const set = Object.entries(options).map(([option, value]) => [
      option,
      { default: "", description, source: "user", type: typeOf(value), value },
    ]);
    const settings: Record<string, Record<string, unknown>> = Object.fromEntries(
      [...Object.entries(untouched), ...set].sort(([left], [right]) =>
        String(left) < String(right) ? -1 : 1,
      ),
    );
    const trust = {
      default: false,
      description: "Does this application have access to trusted credentials",
      source: "default",
      type: "bool",
      value: false,
    };
    if (key !== undefined) {
      const found = key === "trust" ? trust : settings[key];
      if (!found) return fail(`key "${key}" not found in "${name}" application config or charm settings.`);
      session.stdout(toYaml(found.value ?? null));
      return 0;
    }
    const answer = {
      application: name,
      "application-config": { trust },
      charm: application.charm,
      settings,
    };
    session.stdout(printed(format, answer));
    return 0;
  },
};

/** `arch=amd64 mem=65536M tags=a,b` as juju prints it in YAML and JSON: sizes in megabytes, lists as lists. */
const parsedConstraints = (text: string): Record<string, unknown> =>
  Object.fromEntries(
    text
      .split(" ")
      .filter(Boolean)
      .map((one) => {
        const [name = "", value = ""] = one.split("=");
        if (["tags", "spaces", "zones"].includes(name)) return [name, value.split(",")];
        const number = /^(\d+)M?$/.exec(value)?.[1];
        return [name, number === undefined ? value : Number(number)];
      }),
  );

const isSubordinate = (model: Model, name: string): boolean => !model.bundle.applications[name]?.num_units;

/** `juju constraints APPLICATION`. */
export const constraints: Command = {
  flags: ofModel,
  unsupported: flags([], ["o=output", "output"]),
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["constraints", "yaml", "json"], "constraints");
    const [name] = parsed.rest;
    if (name === undefined) return fail("no application name specified", usageError);
    atMost(1, parsed.rest);
    const { model } = await openApplication(session, parsed, name);
    if (isSubordinate(model, name)) fail("constraints do not apply to subordinate applications");
    const { constraints: text = "" } = model.bundle.applications[name] ?? {};
    session.stdout(printed(format, parsedConstraints(text), () => `${text}\n`));
    return 0;
  },
};

/** `juju show-application APPLICATION ...`. */
export const showApplication: Command = {
  flags: ofModel,
  unsupported: flags([], ["o=output", "output"]),
  defaultFormat: "yaml",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["yaml", "json"], "yaml");
    if (parsed.rest.length === 0) fail("an application name must be supplied", usageError);
    const shown: Record<string, unknown> = {};
    for (const name of parsed.rest) {
      const { model, application } = await openApplication(session, parsed, name);
      const { constraints: text = "" } = model.bundle.applications[name] ?? {};
      const subordinate = isSubordinate(model, name);
      shown[name] = {
        charm: application.charm,
        base: model.bundle.base.replace(/\/stable$/, ""),
        channel: application.channel,
        ...(text && !subordinate ? { constraints: parsedConstraints(text) } : {}),
        principal: !subordinate,
        exposed: false,
        remote: false,
        life: model.life === "alive" ? "alive" : "dying",
        "endpoint-bindings": bindingsOf(model, name),
      };
    }
    session.stdout(printed(format, shown));
    return 0;
  },
};

/** `juju offers`: what a model offers to others, by the offer's name. */
export const offers: Command = {
  flags: flags(["active-only"], ["m=model", "model", "format"]),
  unsupported: flags(
    [],
    ["o=output", "output", "application", "interface", "connected-user", "allowed-consumer"],
  ),
  defaultFormat: "tabular",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    const { model, stored } = await openModel(session, parsed.values.get("model"));
    const found = presentApplications(model).flatMap((application) =>
      Object.entries(model.bundle.applications[application.name]?.offers ?? {}).map(
        ([offer, { endpoints, acl }]) => ({ application, offer, endpoints, acl }),
      ),
    );
    const answer = Object.fromEntries(
      found.map(({ application, offer, endpoints, acl }) => [
        offer,
        {
          application: application.name,
          store: stored.controller,
          charm: `ch:amd64/jammy/${application.charm}-${application.revision}`,
          "offer-url": `${model.owner}/${model.name}.${offer}`,
          endpoints: Object.fromEntries(
            endpoints.map((endpoint) => [endpoint, { interface: endpoint, role: "provider" }]),
          ),
          users: Object.fromEntries(
            Object.entries(acl).map(([user, access]) => [user, { "display-name": user, access }]),
          ),
        },
      ]),
    );
    const columns = titled(
      ...["Offer", "Application", "Charm", "Rev", "Connected", "Endpoint", "Interface", "Role"],
    );
    const rows = found.flatMap(({ application, offer, endpoints }) =>
      endpoints.map((endpoint) => [
        offer,
        application.name,
        application.charm,
        `${application.revision}`,
        "0/0",
        endpoint,
        endpoint,
        "provider",
      ]),
    );
    session.stdout(printed(format, answer, () => toTable(columns, rows)));
    return 0;
  },
};

/** `juju storage`: the instances, as `juju status` lists them; nothing at all on stdout when there are none. */
export const storage: Command = {
  flags: ofModel,
  unsupported: flags(["filesystem", "volume"], ["o=output", "output"]),
  defaultFormat: "tabular",
  run: async (session, parsed) => {
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    const { model } = await openModel(session, parsed.values.get("model"));
    const held = model.applications.length > 0 ? model.workload.storage : {};
    if (Object.keys(held).length === 0) session.stderr("No storage to display.\n");
    else {
      const columns = titled("Unit", "Storage ID", "Type", "Status");
      session.stdout(printed(format, held, () => toTable(columns, storageRows(held))));
    }
    return 0;
  },
};

const storedInstances = z.object({
  storage: z.record(
    z.string(),
    z.looseObject({
      kind: z.string(),
      status: z.looseObject({ current: z.string() }),
      attachments: z.looseObject({ units: z.record(z.string(), z.unknown()) }),
    }),
  ),
});

const storageRows = (held: unknown): string[][] =>
  Object.entries(storedInstances.parse(held).storage).map(([id, { kind, status, attachments }]) => [
    Object.keys(attachments.units).join(" "),
    id,
    kind,
    status.current,
  ]);
