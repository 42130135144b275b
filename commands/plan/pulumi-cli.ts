import { execa } from "execa";
import { toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import { TeardownError } from "../../teardown/errors.ts";

/** Runs `pulumi` in the project's folder, never asking anything. */
export type Pulumi = (args: string[]) => Promise<{ exitCode: number; stdout: string; stderr: string }>;

// A state in a bucket or a database may be slow; a dead one must not hold the operator up.
const limit = 60_000;

/** The project's own Pulumi. */
export const pulumiCli = async (cwd: string = process.cwd()): Promise<Pulumi> => {
  const { env, pulumi } = await toolchainEnvironment();
  return async (args) => {
    const result = await execa(pulumi, [...args, "--non-interactive"], {
      cwd,
      env,
      reject: false,
      timeout: limit,
    });
    return {
      exitCode: result.exitCode ?? -1,
      stdout: result.stdout,
      stderr: result.stderr || (result instanceof Error ? result.message : ""),
    };
  };
};

/** What `pulumi` printed, when it ended well. @throws TeardownError `config` with its own words */
export const printed = async (pulumi: Pulumi, args: string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await pulumi(args);
  if (exitCode === 0) return stdout;
  throw new TeardownError(
    "config",
    `pulumi ${args.join(" ")} failed: ${stderr.trim() || stdout.trim() || `exit code ${exitCode}`}\nNothing was touched. The stacks that there are: pulumi stack ls`,
  );
};

/** The stack that is meant: the one given, else the selected one. @throws TeardownError `config` */
export const stackName = async (pulumi: Pulumi, given: string | undefined): Promise<string> =>
  given ?? (await printed(pulumi, ["stack", "--show-name"])).trim();
