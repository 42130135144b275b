import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { TeardownError } from "../../teardown/errors.ts";

/** Runs `pulumi` in the project's folder, never asking anything. */
export type Pulumi = (args: string[]) => Promise<{ exitCode: number; stdout: string; stderr: string }>;

// A state in a bucket or a database may be slow; a dead one must not hold the operator up.
const limit = 60_000;

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * The `pulumi` on PATH. The npm package of that name is passed over: it would download a CLI where there is none.
 *
 * @throws TeardownError `missing` when there is none
 */
export const pulumiCli = (env: NodeJS.ProcessEnv = process.env, cwd: string = process.cwd()): Pulumi => {
  const pulumi = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !folder.endsWith(join("node_modules", ".bin")))
    .map((folder) => join(folder, "pulumi"))
    .find(isProgram);
  if (pulumi === undefined) {
    throw new TeardownError(
      "missing",
      'there is no `pulumi` on PATH; nothing was touched\nIn this folder: eval "$(make -s env)"   # then the same command again',
    );
  }
  return async (args) => {
    const result = await execa(pulumi, [...args, "--non-interactive"], {
      cwd,
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
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
