import { z } from "zod";
import { duration } from "../duration.ts";
import { type JujuFaultKind, jujuFaultKinds } from "./faults.ts";

/** What the stand-in needs to know before identities are decided. */
type Unresolved<Whole, Key extends keyof Whole> = Omit<Whole, Key> & { [K in Key]?: Whole[K] | undefined };

/** The Juju controller, and the account with which the lab's client is logged in. Durations in ms of lab time. */
export type ControllerScenario = {
  name: string;
  user: string;
  password: string;
  /** The agent's version; 4.0.x behaves as 4.0. */
  version: string;
  /** The client's version. */
  client: string;
  uuid: string;
  access: "superuser" | "login" | "none";
  /** Who owns the controller's own model, and so sees it in `juju models`; default: the user. */
  bootstrappedBy: string;
  /** Other users, by name, with what they may do on the controller. */
  users: Record<string, "superuser" | "login">;
  /** False: the user cannot see the controller's own model. */
  listsItself: boolean;
  modelUuid?: string | undefined;
  since?: string | undefined;
};

/** What is left of a dying model at a moment of its reaping. */
export type CourseStep = {
  /** Lab time since destroy-model, ms. */
  at: number;
  /** How many machines are left, or which ones. */
  machines?: number | string[] | undefined;
  /** The machines that are left and already dead (the others are dying). */
  dead: string[];
  applications?: number | undefined;
  /** How many machines and the like report an error, as the client counts them. */
  errors: number;
};

/** A command set that `juju disable-command` has blocked, and the operator's text. */
export type Disabled = { set: (typeof commandSets)[number]; message: string };

/** The sets of commands that can be disabled. */
export const commandSets = ["destroy-model", "remove-object", "all"] as const;

export type ModelAccess = "admin" | "write" | "read" | "none";

/** One model of the controller. */
export type ModelScenario = {
  name: string;
  owner: string;
  uuid: string;
  /** True: it is the controller's own, in place of the one that every controller has. */
  isController: boolean;
  /** The cloud that it is on; default: the lab's MAAS. */
  cloud?: { name: string; region: string; type: string } | undefined;
  /** How many applications of a charmed OpenStack, or a bundle file. */
  applications: number | string;
  /** True: secrets among the application options contain the word CANARY. */
  canary: boolean;
  /** Persistent volumes: destroy-model without a storage flag is refused; `unlisted`: by the server alone. */
  storage: boolean | "unlisted";
  /** From destroy-model to gone, ms of lab time. */
  reap: number;
  /** What is left in the course of the reaping; default: everything counts down evenly. */
  course: CourseStep[];
  /** Lab time between two attempts of the controller to finish the model, ms. */
  retryEvery: number;
  /** What a model waits for that does not die by itself. */
  stuck: "none" | "until-machines-removed" | "until-destroyed-again" | "forever";
  /** A machine that MAAS refuses to release (403) makes the model `suspended`, and it never dies. */
  credentialGoesInvalid: boolean;
  /** Virtual machines are deleted from MAAS; auto = with agent version 3.6.24 or 4.0.12 (juju/juju#22691). */
  vmDeletionBug: boolean | "auto";
  /** The provider's release when tearing down the cloud environment. */
  releasesMachines: boolean;
  /** What was granted to the lab's user; only `admin`, or a superuser with `none`, may destroy it. */
  access: ModelAccess;
  /** What was granted to other users, by name; the owner is an admin. */
  users: Record<string, ModelAccess>;
  /** Commands that `juju disable-command` has blocked. */
  disabled: Disabled[];
  /** The credential is invalid: 3.6 cannot end the destruction, 4.0 can. */
  suspended: boolean;
  /** What is being done of a migration to another controller, such as `validating`; null when there is none. */
  migrating: string | null;
  /** Addresses of machines that were added by hand; destroy-model of 3.6 never removes them. */
  manual: string[];
  /** How many machines are waiting for an instance. */
  pending: number;
  /** The agent version of the model; default: the controller's. */
  version?: string | undefined;
  /** Counts that `juju models` prints, where they differ from what the model holds. */
  summary?: { machines: number; cores: number; units: number } | undefined;
};

const controllerFields = {
  name: z.string().default("maas-lab"),
  user: z.string().default("admin"),
  password: z.string().default("simulated"),
  version: z.string().default("3.6.28"),
  client: z.string().optional(),
  uuid: z.string().optional(),
  access: z.enum(["superuser", "login", "none"]).default("superuser"),
  bootstrappedBy: z.string().optional(),
  users: z.record(z.string(), z.enum(["superuser", "login"])).default({}),
  listsItself: z.boolean().default(true),
  modelUuid: z.string().optional(),
  since: z.string().optional(),
};

/** Another controller, which may have the same name: its client's files are in a JUJU_DATA of their own. */
export const otherControllerSchema = z.strictObject({
  ...controllerFields,
  /** The name of that folder in the lab's home. */
  store: z.string().regex(/^[\w.-]+$/),
  models: z.array(z.lazy(() => modelSchema)).default([]),
});

type UnresolvedController = Unresolved<ControllerScenario, "uuid" | "client" | "bootstrappedBy">;

export const controllerSchema: z.ZodType<UnresolvedController> = z.strictObject(controllerFields);

const courseStep: z.ZodType<CourseStep> = z.strictObject({
  at: duration,
  machines: z.union([z.int().nonnegative(), z.array(z.string())]).optional(),
  dead: z.array(z.string()).default([]),
  applications: z.int().nonnegative().optional(),
  errors: z.int().nonnegative().default(0),
});

const modelAccess = z.enum(["admin", "write", "read", "none"]);
const commandSet = z.enum(commandSets);
const disabled = z.union([
  commandSet.transform((set): Disabled => ({ set, message: "" })),
  z.strictObject({ set: commandSet, message: z.string().default("") }),
]);

export const modelSchema: z.ZodType<Unresolved<ModelScenario, "owner" | "uuid">> = z.strictObject({
  name: z.string().min(1),
  owner: z.string().optional(),
  uuid: z.string().optional(),
  isController: z.boolean().default(false),
  cloud: z.strictObject({ name: z.string(), region: z.string(), type: z.string() }).optional(),
  applications: z.union([z.int().nonnegative(), z.string()]).default(25),
  canary: z.boolean().default(false),
  storage: z.union([z.boolean(), z.literal("unlisted")]).default(false),
  reap: duration.default(360_000),
  course: z.array(courseStep).default([]),
  retryEvery: duration.default(30_000),
  stuck: z.enum(["none", "until-machines-removed", "until-destroyed-again", "forever"]).default("none"),
  credentialGoesInvalid: z.boolean().default(false),
  vmDeletionBug: z.union([z.literal("auto"), z.boolean()]).default("auto"),
  releasesMachines: z.boolean().default(true),
  access: modelAccess.default("admin"),
  users: z.record(z.string(), modelAccess).default({}),
  disabled: z.array(disabled).default([]),
  suspended: z.boolean().default(false),
  migrating: z.string().nullable().default(null),
  manual: z.array(z.string()).default([]),
  pending: z.int().nonnegative().default(0),
  version: z.string().optional(),
  summary: z.strictObject({ machines: z.int(), cores: z.int(), units: z.int() }).optional(),
});

/** A fault of the juju client or the controller. */
export type JujuFault = {
  side: "juju";
  /** `destroy-model`, `models`, ...; `*` = any command that talks to the controller. */
  command: string;
  /** How many calls it hits. */
  times: number;
  kind: JujuFaultKind;
  /** poll-drops, poll-error, goes-silent: how many polls are answered first. */
  after: number;
  /** poll-error: what the poll fails with; noise: what is on stderr. */
  text?: string | undefined;
};

export const jujuFaultSchema: z.ZodType<JujuFault> = z.strictObject({
  side: z.literal("juju"),
  command: z.string(),
  times: z.int().positive().default(1),
  kind: z.enum(jujuFaultKinds),
  after: z.int().nonnegative().default(2),
  text: z.string().optional(),
});

/** What the Juju side takes from a scenario's machines. */
export type JujuMachineScenario = {
  readonly hostname: string;
  readonly systemId: string;
  readonly status: string;
  readonly model?: string | undefined;
  readonly jujuMachine?: string | undefined;
};

/** The part of a scenario that the Juju side reads. */
export type JujuScenario = {
  readonly controller: ControllerScenario;
  readonly models: readonly ModelScenario[];
  readonly machines: readonly JujuMachineScenario[];
  readonly faults: readonly (JujuFault | { readonly side: "maas" })[];
};
