import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ToolchainError } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { type Part, partNames, readRecord } from "./parts.ts";
import { type Report, reportToTerminal } from "./report.ts";

export type { Part } from "./parts.ts";

export type ToolchainEnvironment = {
  /** What to add to a process's environment (not a whole one): PATH, and PULUMI_... */
  env: Record<string, string>;
  /** The CLI binary itself. The npm package's `pulumi` dies at Ctrl-C while the engine goes on. */
  pulumi: string;
  parts: Part[];
};

/** Variables for processes that use `parts`. */
export const environmentOf = (
  layout: Layout,
  parts: readonly Part[],
  env: NodeJS.ProcessEnv,
): Record<string, string> => {
  const pathOf = (name: string): string => parts.find((part) => part.name === name)?.path ?? "";
  const first = [
    dirname(pathOf(partNames.cli)),
    dirname(pathOf(partNames.languageHost)),
    join(layout.root, "node_modules/.bin"),
  ];
  const path = [...first, ...(env.PATH ?? "").split(delimiter)].filter(Boolean);
  const official = parts.every(({ origin }) => origin === "official");
  return {
    PATH: [...new Set(path)].join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Without it Pulumi asks pulumi.com for plugins that a program names and that are not there.
    // Node keeps compiled code there: the SDK's programs and providers start 0.2 s sooner.
    NODE_COMPILE_CACHE: layout.compileCache,
    ...(official ? {} : { PULUMI_HOME: layout.home, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
  };
};

/** The project that this file belongs to. */
export const projectRoot: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export type ToolchainOptions = { root?: string; env?: NodeJS.ProcessEnv; report?: Report; retry?: boolean };

const setUpNow = async (
  layout: Layout,
  env: NodeJS.ProcessEnv,
  report: Report,
  retry: boolean,
): Promise<Part[]> => {
  // Loaded only when needed: it takes longer than all the rest.
  const [{ npmInstaller }, { setUp }] = await Promise.all([
    import("./official-cli.ts"),
    import("./setup.ts"),
  ]);
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  return setUp(layout, { env, report, retry, sleep, now: () => new Date(), installer: npmInstaller(layout) });
};

/**
 * The toolchain of this project, set up first if something is missing. Starts no process when all is there.
 *
 * @throws ToolchainError when the engine can be neither downloaded nor built, or packages are not installed
 */
export const toolchainEnvironment = async (options: ToolchainOptions = {}): Promise<ToolchainEnvironment> => {
  const { root = projectRoot, env = process.env, report = reportToTerminal, retry = false } = options;
  const layout = layoutOf(root);
  const recorded = retry ? undefined : readRecord(layout, fingerprintOf(layout, env));
  const parts = recorded ?? (await setUpNow(layout, env, report, retry));
  const cli = parts.find(({ name }) => name === partNames.cli);
  if (!cli) throw new ToolchainError("The toolchain's record names no CLI. Run `make clean toolchain`.");
  return { env: environmentOf(layout, parts, env), pulumi: cli.path, parts };
};
