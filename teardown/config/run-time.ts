import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { engineArguments } from "../clients/engine-process.ts";
import { TeardownError } from "../errors.ts";
import { namespace, ourKeys, parseSettings, type Settings } from "./settings.ts";

/** Where settings are corrected, in words for the operator. */
export const stackFileHint = "in Pulumi.<stack>.yaml";

const flagValue = (argv: string[], flag: string): string | undefined => {
  const at = argv.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = argv[at];
  return word?.includes("=") ? word.slice(flag.length + 1) : argv[at + 1];
};

const projectFiles = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** Where Pulumi keeps a project's stack files: beside its Pulumi.yaml, or in `stackConfigDir`. A program in a subfolder (`main: program/`) runs there. */
const stackFileFolder = (from: string): string => {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = projectFiles.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (file) {
      const { stackConfigDir } = (parse(readFileSync(file, "utf8")) ?? {}) as { stackConfigDir?: unknown };
      return typeof stackConfigDir === "string" ? join(folder, stackConfigDir) : folder;
    }
    if (folder === dirname(folder)) return from;
  }
};

/**
 * The file that holds a stack's configuration: the one given by `--config-file`, else Pulumi.<stack>.yaml of the project.
 *
 * @param project the folder in which the program runs: the project's, or one below it
 */
export const stackFile = (project: string, stack: string, argv: string[] = engineArguments()): string => {
  const given = argv.some((word) => word.startsWith("--config-file"))
    ? flagValue(argv, "--config-file")
    : undefined;
  if (given) return join(given.startsWith("/") ? "" : project, given);
  const short = stack.split("/").at(-1) ?? stack;
  const folder = stackFileFolder(project);
  const file = join(folder, `Pulumi.${short}.yaml`);
  const yml = join(folder, `Pulumi.${short}.yml`);
  return !existsSync(file) && existsSync(yml) ? yml : file;
};

// Pulumi accepts a key without its namespace for the project's own keys.
const withNamespace = (config: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${namespace}:${key}`, value]),
  );

/** Reads a stack file's values, without those that are encrypted: only the engine can open them. */
const readStackFile = (file: string): Record<string, unknown> => {
  let document: unknown;
  try {
    document = parse(readFileSync(file, "utf8"), { maxAliasCount: 100 });
  } catch (error) {
    // A stack can be destroyed without its file: the engine still knows the values of the last `up`.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new TeardownError(
      "config",
      `${file} cannot be read: ${(error as Error).message}\nNothing was touched.`,
    );
  }
  const config = (document as { config?: unknown } | null)?.config;
  if (typeof config !== "object" || config === null) return {};
  return Object.fromEntries(
    Object.entries(withNamespace(config as Record<string, unknown>)).filter(
      ([, value]) => !(typeof value === "object" && value !== null && "secure" in value),
    ),
  );
};

/** What the stack's file says now, by key without the namespace; without the encrypted values. */
export const stackFileNow = (project: string, stack: string): Record<string, unknown> =>
  ourKeys(readStackFile(stackFile(project, stack)));

/**
 * The settings of this very operation.
 *
 * In an `up` the engine's own configuration is today's. In a destroy it is that of the last `up` (engine.md 5.3), so what
 * the stack file says now goes over it: that is where `pulumi destroy -c key=value` writes as well. Secrets stay the engine's.
 *
 * @param configured what the engine handed to the provider's `configure`, with namespaces
 * @throws TeardownError `config`
 */
export const runTimeSettings = (options: {
  configured: Record<string, unknown>;
  project: string;
  stack: string;
  programRan: boolean;
}): Settings => {
  const { configured, project, stack, programRan } = options;
  return parseSettings({ ...ourKeys(configured), ...(programRan ? {} : stackFileNow(project, stack)) });
};
