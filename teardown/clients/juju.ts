import type { z } from "zod";
import { TeardownError } from "../errors.ts";
import { type Exec, execProgram } from "./exec.ts";
import {
  type DisabledCommands,
  disabledCommandsSchema,
  type JujuMachine,
  type JujuModel,
  machineListSchema,
  modelsSchema,
  parseOutput,
  type ShownModel,
  shownModelSchema,
  statusSchema,
  whoamiSchema,
} from "./juju/answers.ts";
import { defaultLimits, type JujuLimits, jujuEnvironment, mustCall, type Shell } from "./juju/call.ts";
import {
  bundleStatusSchema,
  composeBundle,
  configSchema,
  offersSchema,
  shownApplicationsSchema,
  storageSchema,
} from "./juju/compose-bundle.ts";
import { type DestroyAnswer, type DestroyOptions, destroyModel, removeMachines } from "./juju/destroy.ts";
import { problemError, withoutNoise } from "./juju/errors.ts";
import { lookForModel, type ModelIdentity, type Presence } from "./juju/presence.ts";

export type { Exec } from "./exec.ts";
export type { DisabledCommands, JujuMachine, JujuModel, ShownModel } from "./juju/answers.ts";
export type { JujuLimits } from "./juju/call.ts";
export { type DestroyAnswer, type DestroyOptions, type Left, whatIsLeft } from "./juju/destroy.ts";
export {
  type JujuErrorKind,
  jujuErrorKind,
  jujuProblem,
  mayPass,
  silence,
} from "./juju/errors.ts";
export { lifeOf, type ModelIdentity, mustAnswer, type Presence } from "./juju/presence.ts";

/**
 * All that this project does with Juju, through the `juju` command. Every method throws `TeardownError` (`juju`, or
 * `interrupted` once a signal is aborted); {@link jujuErrorKind} tells them apart and {@link jujuProblem} gives the data. A
 * controller that does not answer is reported within 46 s. Models are addressed by UUID, or as `controller:owner/name`. A
 * controller of "" is the current one.
 */
export type JujuClient = {
  /** Reads local files only: it proves neither the login nor the model. `undefined` when nobody is logged in. */
  whoami(): Promise<{ controller: string; user: string; model?: string } | undefined>;
  /** Of the client, such as "3.6.28". */
  version(): Promise<string>;
  /**
   * The models for which this user has an explicit grant; `all` shows a superuser every model. `complaints`: unexplained lines
   * on stderr; a model may be missing from the list because of one.
   */
  models(
    controller: string,
    options?: { all?: boolean },
  ): Promise<{ models: JujuModel[]; complaints: string[] }>;
  /** One model, also one that `models` does not list. `forbidden` is also what a server says of a model that is not there. */
  showModel(modelUuid: string): Promise<ShownModel>;
  /** Any of them keeps destroy-model from working. */
  disabledCommands(modelUuid: string): Promise<DisabledCommands[]>;
  /**
   * Looks afresh. What passes by itself is `unclear`; what does not (login, controller, binary) throws. The form with a
   * controller's name and a model's UUID does not notice another controller of that name; it goes with its last caller.
   */
  presence(model: ModelIdentity | string, modelUuid?: string): Promise<Presence>;
  status(
    modelAddress: string,
  ): Promise<{ applications: number; units: number; machines: JujuMachine[]; raw: string }>;
  machines(modelUuid: string): Promise<JujuMachine[]>;
  /** Holds passwords and keys: treat as a secret. `unsupported` on Juju 4.0: see {@link JujuClient.composeBundle}. */
  exportBundle(modelAddress: string): Promise<string>;
  /**
   * What `exportBundle` would say, put together from other answers. As secret. `onProgress` counts the questions that are
   * answered.
   */
  composeBundle(
    modelAddress: string,
    onProgress?: (progress: { done: number; total: number }) => void,
  ): Promise<string>;
  statusYaml(modelAddress: string): Promise<string>;
  /** Those of `models`, as juju prints them. */
  modelsYaml(controller: string, options?: { all?: boolean }): Promise<string>;
  /** Waits for the end, at most `limit`. See {@link DestroyAnswer}. */
  destroyModel(uuid: string, options: DestroyOptions): Promise<DestroyAnswer>;
  /** Forced, in one call. `removed` are the ids that Juju took or no longer knows. */
  removeMachines(uuid: string, ids: string[]): Promise<{ removed: string[]; complaints: string[] }>;
};

export type JujuClientOptions = {
  /** Replaces processes, for tests. */
  exec?: Exec | undefined;
  /** Instead of the environment of this process. Only what juju reads of it is passed on. */
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

/** How many calls of juju run at the same time while a bundle is composed. */
const width = 4;

/** Runs what it is given, at most so many at the same time. */
const limiter = (free: number): (<T>(work: () => Promise<T>) => Promise<T>) => {
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};

/**
 * A client of the `juju` command. Each call is a process of its own, with a limit of its own, never through a shell.
 * @example const juju = jujuClient({ controller: "maas-lab" });
 */
export const jujuClient = (options: JujuClientOptions = {}): JujuClient => {
  const shell: Shell = {
    exec: options.exec ?? execProgram,
    binary: options.binary ?? "juju",
    env: jujuEnvironment(options.env ?? process.env, options.controller && address(options.controller)),
    limits: { ...defaultLimits, ...options.limits },
    signal: options.signal,
  };
  const { limits } = shell;

  type Ask = { limit?: number; signal?: AbortSignal };
  /** Asks and parses the answer. */
  const read = async <T>(
    args: string[],
    schema: z.ZodType<T>,
    { limit = limits.models, ...more }: Ask = {},
  ) => {
    const { stdout, stderr } = await mustCall(shell, args, limit, more);
    return { answer: parseOutput([shell.binary, ...args].join(" "), stdout, schema), stdout, stderr };
  };
  const yaml = "--format=yaml";

  const models: JujuClient["models"] = async (controller, { all = false } = {}) => {
    const args = ["models", ...onController(controller), ...(all ? ["--all"] : []), yaml];
    const { answer, stderr } = await read(args, modelsSchema);
    return { models: answer, complaints: withoutNoise(stderr) };
  };
  const showModel: JujuClient["showModel"] = async (uuid) =>
    (await read(["show-model", address(uuid), yaml], shownModelSchema)).answer;
  const disabledCommands: JujuClient["disabledCommands"] = async (uuid) =>
    (await read(["disabled-commands", "-m", address(uuid), "--format=json"], disabledCommandsSchema)).answer;
  const version: JujuClient["version"] = async () => {
    const { stdout } = await mustCall(shell, ["version"], limits.local);
    // "3.6.28-genericlinux-amd64"
    return stdout.trim().replace(/-[a-z]+-\w+$/, "");
  };

  const compose: JujuClient["composeBundle"] = async (model, onProgress) => {
    const stop = new AbortController();
    const { signal } = stop;
    const on = ["-m", address(model)];
    const { answer: status } = await read(["status", ...on, yaml], bundleStatusSchema, {
      limit: limits.status,
      signal,
    });
    const names = Object.keys(status.applications ?? {}).map(address);
    const command = `${shell.binary} status ${on.join(" ")} ${yaml}`;
    if (names.length === 0) throw problemError({ kind: "nothing-to-export", command, said: [] });
    const take = limiter(width);
    // juju has no constraints of a subordinate, and status alone does not tell one from an application without units.
    const { answer: shown } = await read(
      ["show-application", ...on, ...names, yaml],
      shownApplicationsSchema,
    );
    const principals = names.filter((name) => shown[name]?.principal !== false);
    const total = 3 + names.length + principals.length;
    let done = 0;
    const ask = async <T>(question: () => Promise<T>): Promise<T> => {
      const answer = await take(() =>
        question().catch((error: unknown) => {
          stop.abort();
          throw error;
        }),
      );
      done += 1;
      onProgress?.({ done, total });
      return answer;
    };
    const about = <T>(args: string[], schema: z.ZodType<T>): Promise<T> =>
      ask(async () => (await read([...args, yaml], schema, { signal })).answer);
    const forEach = async <T>(
      some: string[],
      question: (name: string) => Promise<T>,
    ): Promise<Record<string, T>> =>
      Object.fromEntries(await Promise.all(some.map(async (name) => [name, await question(name)] as const)));
    const line = async (name: string): Promise<string> =>
      (await mustCall(shell, ["constraints", ...on, name], limits.models, { signal })).stdout;
    const [client, offers, storage, configs, constraints] = await Promise.all([
      ask(version),
      about(["offers", ...on], offersSchema),
      about(["storage", ...on], storageSchema),
      forEach(names, (name) => about(["config", ...on, name], configSchema)),
      forEach(principals, (name) => ask(() => line(name))),
    ]);
    return composeBundle({ client, status, configs, constraints, shown, offers, storage });
  };

  return {
    whoami: async () => {
      const args = ["whoami", yaml];
      const { stdout } = await mustCall(shell, args, limits.local);
      return stdout.trim() === "" ? undefined : parseOutput(`${shell.binary} whoami`, stdout, whoamiSchema);
    },
    version,
    models,
    showModel,
    disabledCommands,
    presence: async (model, modelUuid = "") => {
      const [controller, controllerUuid, uuid] =
        typeof model === "string"
          ? [model, undefined, modelUuid]
          : [model.controller, model.controllerUuid, model.modelUuid];
      return await lookForModel(uuid, controllerUuid, {
        models: (which) => models(controller, which),
        showModel: () => showModel(uuid),
      });
    },
    status: async (model) => {
      const args = ["status", "-m", address(model), yaml];
      const { answer, stdout } = await read(args, statusSchema, { limit: limits.status });
      return { ...answer, raw: stdout };
    },
    machines: async (model) => {
      const args = ["machines", "-m", address(model), yaml];
      return (await read(args, machineListSchema, { limit: limits.status })).answer;
    },
    exportBundle: async (model) =>
      (await mustCall(shell, ["export-bundle", "-m", address(model)], limits.exportBundle)).stdout,
    composeBundle: compose,
    statusYaml: async (model) =>
      (await mustCall(shell, ["status", "-m", address(model), yaml], limits.status)).stdout,
    modelsYaml: async (controller, { all = false } = {}) => {
      const args = ["models", ...onController(controller), ...(all ? ["--all"] : []), yaml];
      return (await mustCall(shell, args, limits.models)).stdout;
    },
    destroyModel: (uuid, how) => destroyModel(shell, address(uuid), how, () => disabledCommands(uuid)),
    removeMachines: (uuid, ids) => removeMachines(shell, address(uuid), ids),
  };
};
