import { execa } from "execa";
import { toolchainEnvironment } from "../../../packages/toolchain/environment.ts";

/** How a command ended, and all it printed. */
export type Outcome = { code: number; output: string };

/** The CLI itself, in one project's folder, as one operator. */
export type Cli = {
  env: Record<string, string>;
  run: (...args: string[]) => Promise<Outcome>;
  /** Starts it, for a test that disturbs it. */
  start: (...args: string[]) => {
    pid: number;
    kill: (signal: NodeJS.Signals) => void;
    ended: Promise<Outcome>;
  };
};

/**
 * @param env what the operator's shell has besides the toolchain
 * @param bin where the clients of the lab are, first on PATH
 */
export const pulumiCli = async (options: {
  folder: string;
  stack: string;
  bin: string;
  env: Record<string, string>;
}): Promise<Cli> => {
  const { folder, stack, bin } = options;
  const { env: tools, pulumi } = await toolchainEnvironment();
  const env: Record<string, string> = {
    ...tools,
    ...options.env,
    PATH: `${bin}:${tools.PATH}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase for tests",
    PULUMI_STACK: stack,
  };
  const start: Cli["start"] = (...args) => {
    const running = execa(pulumi, [...args, "--non-interactive", "--color", "never"], {
      cwd: folder,
      env,
      reject: false,
      all: true,
      stdin: "ignore",
    });
    return {
      pid: running.pid ?? 0,
      kill: (signal) => running.kill(signal),
      ended: running.then(({ exitCode, all }) => ({ code: exitCode ?? -1, output: String(all ?? "") })),
    };
  };
  return { env, start, run: (...args) => start(...args).ended };
};
