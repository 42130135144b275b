import { TeardownError } from "../errors.ts";
import { type Exec, execProgram } from "./exec.ts";
import {
  type JujuMachine,
  type JujuModel,
  machineListSchema,
  modelsSchema,
  parseOutput,
  statusSchema,
  whoamiSchema,
} from "./juju/answers.ts";
import { commandLine, defaultLimits, type JujuLimits, mustCall, type Shell } from "./juju/call.ts";
import { withoutNoise } from "./juju/complaints.ts";
import { type DestroyAnswer, type DestroyOptions, destroyModel } from "./juju/destroy.ts";
import { jujuErrorKind } from "./juju/errors.ts";
import { type Presence, presenceIn } from "./juju/presence.ts";
import { removeMachines } from "./juju/remove.ts";

export type { Exec, ExecAnswer, ExecAsk } from "./exec.ts";
export type { JujuMachine, JujuModel } from "./juju/answers.ts";
export type { JujuLimits } from "./juju/call.ts";
export type { DestroyAnswer, DestroyOptions } from "./juju/destroy.ts";
export { type JujuErrorKind, jujuErrorKind } from "./juju/errors.ts";
export type { Presence } from "./juju/presence.ts";
export type { Left } from "./juju/progress.ts";

/**
 * All that this project does with Juju, through the `juju` command. Every method throws `TeardownError` (`juju`, or
 * `interrupted` once a signal is aborted); {@link jujuErrorKind} tells them apart. Models are addressed by UUID, or as
 * `controller:owner/name`. A controller of "" is the current one.
 */
export type JujuClient = {
  /** Reads local files only: it proves neither the login nor the model. `undefined` when nobody is logged in. */
  whoami(): Promise<{ controller: string; user: string; model?: string } | undefined>;
  /** Of the client, such as "3.6.28". */
  version(): Promise<string>;
  /** `complaints`: unexplained lines on stderr; a model may be missing from the list because of one. */
  models(controller: string): Promise<{ models: JujuModel[]; complaints: string[] }>;
  /** One fresh `juju models`. What passes by itself is `unclear`; what does not (login, controller, binary) throws. */
  presence(controller: string, uuid: string): Promise<Presence>;
  status(
    modelAddress: string,
  ): Promise<{ applications: number; units: number; machines: JujuMachine[]; raw: string }>;
  machines(modelUuid: string): Promise<JujuMachine[]>;
  /** Holds passwords and keys: treat as a secret. */
  exportBundle(modelAddress: string): Promise<string>;
  statusYaml(modelAddress: string): Promise<string>;
  modelsYaml(controller: string): Promise<string>;
  /** Waits for the end, at most `limit`. See {@link DestroyAnswer}. */
  destroyModel(uuid: string, options: DestroyOptions): Promise<DestroyAnswer>;
  /** Forced, in one call. `removed` are the ids that Juju took; one that is not there any more is in neither list. */
  removeMachines(uuid: string, ids: string[]): Promise<{ removed: string[]; complaints: string[] }>;
};

export type JujuClientOptions = {
  /** Replaces processes, for tests. */
  exec?: Exec | undefined;
  /** Instead of the environment of this process. JUJU_MODEL is dropped: models are always named. */
  env?: NodeJS.ProcessEnv | undefined;
  limits?: Partial<JujuLimits> | undefined;
  /** Stops what is under way, with its whole process group. */
  signal?: AbortSignal | undefined;
  binary?: string | undefined;
  /** The controller that UUIDs are looked up in (JUJU_CONTROLLER); without it, the current one. */
  controller?: string | undefined;
};

/** Nothing that juju could take for a flag, and nothing invisible. */
const address = (text: string): string => {
  if (/^[A-Za-z0-9][\w.@:/+-]*$/.test(text)) return text;
  throw new TeardownError(
    "config",
    `${JSON.stringify(text)} cannot be the name or UUID of a Juju model or controller.`,
  );
};

const onController = (controller: string): string[] => (controller === "" ? [] : ["-c", address(controller)]);

/**
 * A client of the `juju` command. Each call is a process of its own, with a limit of its own, never through a shell.
 * @example const juju = jujuClient({ controller: "maas-lab" });
 */
export const jujuClient = (options: JujuClientOptions = {}): JujuClient => {
  const { JUJU_MODEL: _, ...env } = options.env ?? process.env;
  const shell: Shell = {
    exec: options.exec ?? execProgram,
    binary: options.binary ?? "juju",
    env: options.controller ? { ...env, JUJU_CONTROLLER: address(options.controller) } : env,
    limits: { ...defaultLimits, ...options.limits },
    signal: options.signal,
  };
  const { limits } = shell;

  const models: JujuClient["models"] = async (controller) => {
    const args = ["models", ...onController(controller), "--format=yaml"];
    const { stdout, stderr } = await mustCall(shell, args, limits.models);
    return {
      models: parseOutput(commandLine(shell, args), stdout, modelsSchema),
      complaints: withoutNoise(stderr),
    };
  };
  const statusYaml: JujuClient["statusYaml"] = async (model) =>
    (await mustCall(shell, ["status", "-m", address(model), "--format=yaml"], limits.status)).stdout;

  return {
    whoami: async () => {
      const args = ["whoami", "--format=yaml"];
      const { stdout } = await mustCall(shell, args, limits.local);
      return stdout.trim() === "" ? undefined : parseOutput(commandLine(shell, args), stdout, whoamiSchema);
    },
    version: async () => {
      const { stdout } = await mustCall(shell, ["version"], limits.local);
      // "3.6.28-genericlinux-amd64"
      return stdout.trim().replace(/-[a-z]+-\w+$/, "");
    },
    models,
    presence: async (controller, uuid) => {
      try {
        return presenceIn(uuid, await models(controller));
      } catch (error) {
        const kind = jujuErrorKind(error);
        const passes =
          kind === "unreachable" || kind === "timeout" || kind === "failed" || kind === "bad-answer";
        if (!passes || !(error instanceof Error)) throw error;
        return { state: "unclear", why: error.message };
      }
    },
    status: async (model) => {
      const raw = await statusYaml(model);
      return { ...parseOutput(`juju status -m ${model} --format=yaml`, raw, statusSchema), raw };
    },
    machines: async (model) => {
      const args = ["machines", "-m", address(model), "--format=yaml"];
      const { stdout } = await mustCall(shell, args, limits.status);
      return parseOutput(commandLine(shell, args), stdout, machineListSchema);
    },
    exportBundle: async (model) => {
      const args = ["export-bundle", "-m", address(model)];
      const { stdout } = await mustCall(shell, args, limits.exportBundle);
      return stdout;
    },
    statusYaml,
    modelsYaml: async (controller) =>
      (await mustCall(shell, ["models", ...onController(controller), "--format=yaml"], limits.models)).stdout,
    destroyModel: (uuid, how) => destroyModel(shell, address(uuid), how),
    removeMachines: (uuid, ids) => removeMachines(shell, address(uuid), ids),
  };
};
