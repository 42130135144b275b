/** `make check`: types, the direction of imports, unused code, style; all are run, whatever the first one says. */
import { execa } from "execa";

const checks: Readonly<Record<string, readonly [string, ...string[]]>> = {
  types: ["tsc", "--noEmit"],
  arrows: ["node", "packages/toolchain/arrows.ts"],
  unused: ["knip", "--no-progress", "--no-config-hints"],
  style: ["biome", "check", "--error-on-warnings", "."],
};

/** Runs all checks on the terminal; returns the names of those that failed. */
export const runChecks = async (): Promise<string[]> => {
  const failed: string[] = [];
  for (const [name, [program, ...argv]] of Object.entries(checks)) {
    const { exitCode } = await execa(program, argv, {
      stdio: ["ignore", "inherit", "inherit"],
      reject: false,
    });
    process.stdout.write(`check: ${name} ${exitCode === 0 ? "ok" : "FAILED"}\n`);
    if (exitCode !== 0) failed.push(name);
  }
  return failed;
};

if (import.meta.main) process.exitCode = (await runChecks()).length > 0 ? 1 : 0;
