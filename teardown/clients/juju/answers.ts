import { parse } from "yaml";
import { z } from "zod";
import { plainText, problemError } from "./errors.ts";

export type JujuModel = {
  /** With its owner: "admin/openstack". */
  name: string;
  shortName: string;
  uuid: string;
  controllerUuid: string;
  controllerName: string;
  isController: boolean;
  /** Juju 4.0 does not show it. */
  owner: string | undefined;
  cloud: string;
  credential: string | undefined;
  /** Of the logged-in user: "admin", "write" or "read"; `undefined` in `models --all` without a grant, and in show-model. */
  access: string | undefined;
  /** alive, dying or dead */
  life: string;
  /** available, destroying, suspended, … */
  status: string;
  statusMessage: string;
  /** What Juju says of a migration to another controller that is under way. */
  migration: string | undefined;
  /** Of the model's agents: this decides on juju/juju#22691, not the client's version. */
  agentVersion: string | undefined;
};

export type ShownModel = JujuModel & { users: { name: string; access: string }[] };

/** A set of commands that somebody disabled (destroy-model, remove-object or all), and the reason that they gave. */
export type DisabledCommands = { set: string; message: string };

/** A top-level machine of a model. */
export type JujuMachine = {
  id: string;
  /** MAAS's system_id; "pending" before it is provisioned, "" when juju shows only an error. */
  instanceId: string;
  hostname: string;
  displayName: string;
  /** Ids of its containers, such as "0/lxd/0". */
  containers: string[];
};

const modelSchema = z
  .object({
    name: z.string(),
    "short-name": z.string().optional(),
    "model-uuid": z.string().min(1),
    "controller-uuid": z.string(),
    "controller-name": z.string(),
    "is-controller": z.boolean(),
    owner: z.string().optional(),
    cloud: z.string().optional(),
    credential: z.object({ name: z.string(), owner: z.string() }).optional(),
    access: z.string().optional(),
    life: z.string(),
    status: z
      .object({
        current: z.string().optional(),
        message: z.string().optional(),
        migration: z.string().optional(),
      })
      .optional(),
    "agent-version": z.string().optional(),
  })
  .transform(
    (model): JujuModel => ({
      name: model.name,
      shortName: model["short-name"] ?? model.name.split("/").at(-1) ?? model.name,
      uuid: model["model-uuid"],
      controllerUuid: model["controller-uuid"],
      controllerName: model["controller-name"],
      isController: model["is-controller"],
      owner: model.owner,
      cloud: model.cloud ?? "",
      credential: model.credential && `${model.credential.owner}/${model.credential.name}`,
      access: model.access || undefined,
      life: model.life,
      status: model.status?.current ?? "",
      statusMessage: model.status?.message ?? "",
      migration: model.status?.migration || undefined,
      agentVersion: model["agent-version"],
    }),
  );

/** `juju models --format=yaml`: the list is required, `{}` is what a failed call prints. */
export const modelsSchema: z.ZodType<JujuModel[]> = z
  .object({ models: z.array(modelSchema) })
  .transform(({ models }) => models);

/** `juju show-model <uuid> --format=yaml`: one model under its name, and who has access to it. */
export const shownModelSchema: z.ZodType<ShownModel> = z
  .record(
    z.string(),
    z.intersection(
      modelSchema,
      z.object({ users: z.record(z.string(), z.object({ access: z.string().optional() })).nullish() }),
    ),
  )
  .transform((shown, context) => {
    const [model] = Object.values(shown);
    if (!model) {
      context.addIssue({ code: "custom", message: "no model" });
      return z.NEVER;
    }
    const { users, ...rest } = model;
    const list = Object.entries(users ?? {}).map(([name, { access }]) => ({ name, access: access ?? "" }));
    return { ...rest, users: list };
  });

/** `juju disabled-commands --format=json`. Each of juju's three sets includes destroy-model. */
export const disabledCommandsSchema: z.ZodType<DisabledCommands[]> = z
  .array(z.object({ "command-set": z.string(), message: z.string().optional() }))
  .nullable()
  .transform((all) => (all ?? []).map((one) => ({ set: one["command-set"], message: one.message ?? "" })));

/** `juju whoami --format=yaml`; without a user when an account is only half there, which is no identity. */
export const whoamiSchema: z.ZodType<{ controller: string; user: string; model?: string } | undefined> = z
  .object({ controller: z.string(), user: z.string().optional(), model: z.string().optional() })
  .transform(({ controller, user, model }) => {
    if (!user) return undefined;
    return model === undefined ? { controller, user } : { controller, user, model };
  });

const machineSchema = z.object({
  "instance-id": z.coerce.string().optional(),
  hostname: z.string().optional(),
  "display-name": z.string().optional(),
  containers: z.record(z.string(), z.unknown()).nullish(),
});

const machinesSchema = z
  .record(z.string(), machineSchema)
  .nullish()
  .transform((machines): JujuMachine[] =>
    Object.entries(machines ?? {}).map(([id, machine]) => ({
      id,
      instanceId: machine["instance-id"] ?? "",
      hostname: machine.hostname ?? "",
      displayName: machine["display-name"] ?? "",
      containers: Object.keys(machine.containers ?? {}),
    })),
  );

/** `juju machines --format=yaml` */
export const machineListSchema: z.ZodType<JujuMachine[]> = z
  .object({ model: z.string(), machines: machinesSchema })
  .transform(({ machines }) => machines);

const unitSchema = z.object({ subordinates: z.record(z.string(), z.unknown()).nullish() });
const applicationSchema = z.object({ units: z.record(z.string(), unitSchema).nullish() });

/** `juju status --format=yaml`; units count their subordinates too. */
export const statusSchema: z.ZodType<{ applications: number; units: number; machines: JujuMachine[] }> = z
  .object({
    model: z.object({ name: z.string() }),
    machines: machinesSchema,
    applications: z.record(z.string(), applicationSchema).nullish(),
  })
  .transform((status) => {
    const applications = Object.values(status.applications ?? {});
    const units = applications.flatMap(({ units }) => Object.values(units ?? {}));
    const subordinates = units.flatMap((unit) => Object.keys(unit.subordinates ?? {}));
    return {
      applications: applications.length,
      units: units.length + subordinates.length,
      machines: status.machines,
    };
  });

/**
 * Parses the stdout of a call that ended with exit code 0. Texts come without terminal escapes.
 * @throws TeardownError `juju` of kind `bad-answer`; the message never repeats stdout
 */
export const parseOutput = <T>(command: string, stdout: string, schema: z.ZodType<T>): T => {
  const badAnswer = (text: string, cause: unknown) =>
    problemError({ kind: "bad-answer", command, said: [], text }, cause);
  let value: unknown;
  try {
    value = parse(stdout, (_key, each) => (typeof each === "string" ? plainText(each) : each), {
      logLevel: "error",
    });
  } catch (cause) {
    throw badAnswer("it printed something that is not YAML", cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "top level";
  throw badAnswer(`it printed YAML of an unexpected shape (${where}: ${issue?.message})`, parsed.error);
};
