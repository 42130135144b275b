import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fingerprintOf, userHome } from "./find.ts";
import { type Layout, layoutOf, type Part, partNames, readRecord } from "./parts.ts";
import { type Report, reportToTerminal, ToolchainError } from "./tools.ts";

export { type Part, partsLine } from "./parts.ts";

export type ToolchainEnvironment = {
  /** What to add to a process's environment (not a whole one): PATH, and PULUMI_... */
  env: Record<string, string>;
  /** The CLI itself. The npm package's `pulumi` dies at Ctrl-C while the engine goes on. */
  pulumi: string;
  parts: Part[];
};

/** Variables for processes that use `parts`. */
export const environmentOf = (
  layout: Layout,
  parts: readonly Part[],
  env: NodeJS.ProcessEnv,
): Record<string, string> => {
  const path = [layout.bin, join(layout.root, "node_modules/.bin"), ...(env.PATH ?? "").split(delimiter)];
  const standIn = parts.some(({ origin }) => origin === "stand-in");
  return {
    PATH: [...new Set(path.filter(Boolean))].join(delimiter),
    // Always said, so that it takes back what an earlier `make env` of the same shell said, and holds in a lab's own HOME.
    PULUMI_HOME: standIn ? layout.home : userHome(env),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Node keeps compiled code there: the SDK's programs and providers start 0.2 s sooner.
    NODE_COMPILE_CACHE: layout.compileCache,
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
  const [{ npmInstaller }, { setUp }] = await Promise.all([import("./download.ts"), import("./setup.ts")]);
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  return setUp(layout, { env, report, retry, sleep, now: () => new Date(), installer: npmInstaller(layout) });
};

/**
 * The toolchain of this project, set up first if something is missing. Starts no process when all is there.
 *
 * @throws ToolchainError when a part can be neither downloaded nor built, or the npm packages are not installed
 */
export const toolchainEnvironment = async (options: ToolchainOptions = {}): Promise<ToolchainEnvironment> => {
  const { root = projectRoot, env = process.env, report = reportToTerminal, retry = false } = options;
  if (!existsSync(join(root, "node_modules/@pulumi/pulumi")))
    throw new ToolchainError("The npm packages are not installed. Type `make setup`.");
  const layout = layoutOf(root);
  const recorded = retry ? undefined : readRecord(layout, fingerprintOf(layout, env));
  const parts = recorded ?? (await setUpNow(layout, env, report, retry));
  return { env: environmentOf(layout, parts, env), pulumi: join(layout.bin, partNames.cli), parts };
};
