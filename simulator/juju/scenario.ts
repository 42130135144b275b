import { z } from "zod";
import { duration } from "../duration.ts";

/** The Juju controller, and the account with which the lab's client is logged in. */
export const controllerSchema = z.strictObject({
  name: z.string().default("maas-lab"),
  user: z.string().default("admin"),
  /** The password that the controller knows; the client store of the lab holds the same one. */
  password: z.string().default("simulated"),
  /** Agent version, and client version unless `client` is given apart; 4.0.x behaves as 4.0. */
  version: z.string().default("3.6.28"),
  client: z.string().optional(),
  uuid: z.string().optional(),
  /** What the user may do on the controller; `none` may not even list models. */
  access: z.enum(["superuser", "login", "none"]).default("superuser"),
  /** False: a controller model that the user cannot see. */
  listsItself: z.boolean().default(true),
  /** UUID of the controller's own model. */
  modelUuid: z.string().optional(),
  /** Since when everything is as it is, RFC 3339; default: three months before the start of the lab. */
  since: z.string().optional(),
});

/** What is left of a dying model at a moment of its reaping. */
const courseStep = z.strictObject({
  /** Lab time since destroy-model. */
  at: duration,
  /** How many machines are left, or which ones. */
  machines: z.union([z.int().nonnegative(), z.array(z.string())]).optional(),
  /** The machines that are left and already dead (the others are dying). */
  dead: z.array(z.string()).default([]),
  applications: z.int().nonnegative().optional(),
  /** How many machines and the like report an error, as the client counts them. */
  errors: z.int().nonnegative().default(0),
});

/** One model of the controller. */
export const modelSchema = z.strictObject({
  name: z.string().min(1),
  owner: z.string().optional(),
  uuid: z.string().optional(),
  /** How many applications of a charmed OpenStack, or a bundle file. */
  applications: z.union([z.int().nonnegative(), z.string()]).default(25),
  /** True: secrets among the application options contain the word CANARY. */
  canary: z.boolean().default(false),
  /** Persistent volumes: destroy-model without a storage flag is refused. `unlisted`: by the server alone. */
  storage: z.union([z.boolean(), z.literal("unlisted")]).default(false),
  /** Lab time from destroy-model to gone. */
  reap: duration.default(360_000),
  /** What is left in the course of the reaping; default: everything counts down evenly. */
  course: z.array(courseStep).default([]),
  /** Lab time between two attempts of the controller to finish the model. */
  retryEvery: duration.default(30_000),
  /** What a model waits for that does not die by itself. */
  stuck: z.enum(["none", "until-machines-removed", "until-destroyed-again", "forever"]).default("none"),
  /** A machine that MAAS refuses to release (403) makes the model `suspended`, and it never dies. */
  credentialGoesInvalid: z.boolean().default(false),
  /** Virtual machines are deleted from MAAS; auto = with agent version 3.6.24 or 4.0.12 (juju/juju#22691). */
  vmDeletionBug: z.union([z.literal("auto"), z.boolean()]).default("auto"),
  /** The provider's release when tearing down the cloud environment. */
  releasesMachines: z.boolean().default(true),
  /** What the user may do on the model; `read` may not destroy it. */
  access: z.enum(["admin", "write", "read"]).default("admin"),
  /** Commands that `juju disable-command` has blocked. */
  disabled: z.array(z.enum(["destroy-model", "remove-object", "all"])).default([]),
  /** The agent version of the model; default: the controller's. */
  version: z.string().optional(),
  /** Counts that `juju models` prints, where they differ from what the model holds. */
  summary: z.strictObject({ machines: z.int(), cores: z.int(), units: z.int() }).optional(),
});

/** What happens to a call of the juju client, whatever the controller's state is. */
export const jujuFaultKinds: readonly [
  "poll-drops",
  "poll-error",
  "rc0-lies",
  "rc1-empty",
  "hang",
  "garbage",
  "silent",
  "unauthorized",
] = [
  "poll-drops", // destroy-model loses its connection while it waits: rc 0, not "Model destroyed."
  "poll-error", // the same with an answer that is neither a status nor "not found"
  "rc0-lies", // models: a model left out, rc 0, one line on stderr; destroy-model: rc 0 at the first poll
  "rc1-empty", // rc 1, `{}` on stdout for the machine formats
  "hang", // no output, no end
  "garbage", // rc 0, stdout cut off in the middle
  "silent", // the controller is unreachable: silent for 598 s, then rc 1
  "unauthorized", // the login is refused
];

/** A fault of the juju client or the controller. */
export const jujuFaultSchema = z.strictObject({
  side: z.literal("juju"),
  /** `destroy-model`, `models`, ...; `*` = any command that talks to the controller. */
  command: z.string(),
  /** How many calls it hits. */
  times: z.int().positive().default(1),
  kind: z.enum(jujuFaultKinds),
  /** poll-drops, poll-error: how many polls are answered first. */
  after: z.int().nonnegative().default(2),
});

export type JujuFault = z.output<typeof jujuFaultSchema>;
export type CourseStep = z.output<typeof courseStep>;
export type ControllerScenario = z.output<typeof controllerSchema> & { uuid: string; client: string };
export type ModelScenario = z.output<typeof modelSchema> & { uuid: string; owner: string };

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
