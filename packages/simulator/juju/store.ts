import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { toYaml } from "./output.ts";

const controllersFile = z.looseObject({
  controllers: z
    .record(
      z.string(),
      z.looseObject({
        uuid: z.string().default(""),
        "api-endpoints": z.array(z.string()).default([]),
        "ca-cert": z.string().default(""),
        cloud: z.string().default(""),
        region: z.string().optional(),
        "agent-version": z.string().optional(),
        "controller-machine-count": z.number().default(0),
        "active-controller-machine-count": z.number().default(0),
        "machine-count": z.number().optional(),
      }),
    )
    .default({}),
  "current-controller": z.string().default(""),
});

const account = z.looseObject({
  user: z.string().default(""),
  password: z.string().optional(),
  "last-known-access": z.string().optional(),
});
const accountsFile = z.looseObject({ controllers: z.record(z.string(), account).default({}) });

const storedModel = z.looseObject({
  uuid: z.string(),
  type: z.string().default("iaas"),
  branch: z.string().default(""),
});
const modelsFile = z.looseObject({
  controllers: z
    .record(
      z.string(),
      z.looseObject({
        models: z.record(z.string(), storedModel).optional(),
        "current-model": z.string().optional(),
      }),
    )
    .default({}),
});

export type StoredControllers = z.output<typeof controllersFile>;
export type StoredAccount = z.output<typeof account>;
export type StoredModels = z.output<typeof modelsFile>;

/** The files of a juju client, usually `~/.local/share/juju`. */
export type ClientStore = {
  readonly directory: string;
  readonly controllers: () => StoredControllers;
  readonly account: (controller: string) => StoredAccount | undefined;
  /** Models by `owner/name`. */
  readonly models: (controller: string) => Record<string, { uuid: string; type: string }>;
  readonly currentModel: (controller: string) => string | undefined;
  /** Replaces the models of a controller; the current model stays, even when it is gone. */
  readonly setModels: (controller: string, models: Record<string, { uuid: string; type: string }>) => void;
  readonly setCurrentModel: (controller: string, model: string) => void;
};

/** Where the client keeps its files: JUJU_DATA, else XDG_DATA_HOME, else the home directory. */
export const storeDirectory = (env: Readonly<Record<string, string | undefined>>): string =>
  env.JUJU_DATA || join(env.XDG_DATA_HOME || join(env.HOME ?? "", ".local", "share"), "juju");

const readYaml = (file: string): unknown => {
  try {
    return parse(readFileSync(file, "utf8")) ?? {};
  } catch {
    return {};
  }
};

/** Written beside and renamed, because several clients share the files. */
const writeYaml = (file: string, value: unknown): void => {
  const beside = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(beside, toYaml(value), { mode: 0o600 });
  renameSync(beside, file);
};

export const clientStore = (directory: string): ClientStore => {
  const file = (name: string): string => join(directory, name);
  const models = (): StoredModels => modelsFile.parse(readYaml(file("models.yaml")));
  const change = (controller: string, fields: StoredModels["controllers"][string]): void => {
    const all = models();
    const before = all.controllers[controller] ?? {};
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeYaml(file("models.yaml"), {
      ...all,
      controllers: { ...all.controllers, [controller]: { ...before, ...fields } },
    });
  };
  return {
    directory,
    controllers: () => controllersFile.parse(readYaml(file("controllers.yaml"))),
    account: (controller) => accountsFile.parse(readYaml(file("accounts.yaml"))).controllers[controller],
    models: (controller) => models().controllers[controller]?.models ?? {},
    currentModel: (controller) => models().controllers[controller]?.["current-model"],
    setModels: (controller, next) =>
      change(controller, {
        models: Object.fromEntries(
          Object.entries(next).map(([name, { uuid, type }]) => [name, { uuid, type, branch: "" }]),
        ),
      }),
    setCurrentModel: (controller, model) => change(controller, { "current-model": model }),
  };
};
