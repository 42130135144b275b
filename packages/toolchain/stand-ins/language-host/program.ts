import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { notImplemented } from "../refuse.ts";

/** One run of a Pulumi program, in words of the engine's RunRequest. */
export type ProgramRun = {
  engine: string;
  monitor: string;
  organization: string;
  project: string;
  stack: string;
  rootDirectory: string;
  programDirectory: string;
  entryPoint: string;
  arguments: readonly string[];
  dryRun: boolean;
  parallel: number;
  /** `project:key` to value; secrets in clear. */
  config: ReadonlyMap<string, string>;
  secretKeys: readonly string[];
  /** `runtime.options` of Pulumi.yaml. */
  options: Readonly<Record<string, unknown>>;
};

/**
 * The SDK sets this flag while it loads (runtime/closure/v8.js), and V8 takes compiled code only from a run with the same
 * flags. Set from the start, Node's compile cache works: 0.5 s less for each preview.
 */
const flagOfTheSdk = "--allow-natives-syntax";

export type Invocation = { command: string; arguments: string[]; environment: Record<string, string> };

/** Exit code of the SDK's runner for "the user has been told": `nodeJSProcessExitedAfterLoggingUserActionableMessage`. */
const toldTheUser = 32;

const knownOptions = new Set(["typescript", "nodeargs", "tsconfig", "packagemanager"]);

const findRunner = (programDirectory: string): string => {
  try {
    return createRequire(join(programDirectory, "program.js")).resolve("@pulumi/pulumi/cmd/run/index.js");
  } catch (cause) {
    throw new Error(
      `@pulumi/pulumi is not installed for the program in ${programDirectory}. Install its packages (here: \`make setup\`) and run the command again.`,
      { cause },
    );
  }
};

/** The form in which the SDK reads configuration: `project:config:key`. */
const configForSdk = (config: ReadonlyMap<string, string>): string =>
  JSON.stringify(
    Object.fromEntries([...config].map(([key, value]) => [key.replace(":", ":config:"), value])),
  );

/**
 * How to start the SDK's own runner for a program.
 *
 * @param run the engine's request
 * @param node absolute path of the Node to run it with
 * @throws Error when the SDK is not installed or Pulumi.yaml has a runtime option that is not implemented
 */
export const invocationOf = (run: ProgramRun, node: string): Invocation => {
  const unknown = Object.keys(run.options).filter((name) => !knownOptions.has(name));
  if (unknown.length > 0)
    throw new Error(notImplemented("pulumi-language-nodejs", `The runtime option ${unknown.join(", ")}`));
  const { nodeargs, tsconfig, typescript } = run.options;
  const flags: Record<string, string> = {
    monitor: run.monitor,
    engine: run.engine,
    organization: run.organization,
    project: run.project,
    stack: run.stack,
    "root-directory": run.rootDirectory,
    pwd: run.programDirectory,
    parallel: run.parallel > 0 ? String(run.parallel) : "",
  };
  return {
    command: node,
    arguments: [
      flagOfTheSdk,
      ...(typeof nodeargs === "string" ? nodeargs.split(" ").filter(Boolean) : []),
      findRunner(run.programDirectory),
      ...Object.entries(flags).flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
      ...(run.dryRun ? ["--dry-run"] : []),
      run.entryPoint || ".",
      ...run.arguments,
    ],
    environment: {
      PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`,
      PULUMI_CONFIG: configForSdk(run.config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(run.secretKeys),
      PULUMI_NODEJS_TYPESCRIPT: String(typescript !== false),
      ...(typeof tsconfig === "string" ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
    },
  };
};

export type Outcome = { error: string; told: boolean };

/**
 * Starts the program; its output is the language host's own, which the engine shows on the stack's row.
 *
 * @returns the process, and its outcome: `error` is empty on success; `told` means that the user knows already
 */
export const startProgram = (
  { command, arguments: argv, environment }: Invocation,
  directory: string,
): { child: ChildProcess; outcome: Promise<Outcome> } => {
  const child = spawn(command, argv, {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0) resolve({ error: "", told: false });
      else if (code === toldTheUser) resolve({ error: "", told: true });
      else if (signal) resolve({ error: `Program was ended by ${signal}`, told: false });
      else resolve({ error: `Program exited with non-zero exit code: ${code}`, told: false });
    });
  });
  return { child, outcome };
};
