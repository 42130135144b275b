/** `make test`: the checks, then mocha on all tests or on the files given as arguments. Its last line is `N passed, N failed`. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { runChecks } from "./checks.ts";
import { toolchainEnvironment } from "./environment.ts";
import type { Totals } from "./reporter.ts";

/** A mocha that ended without totals (a test file that cannot be loaded) is one failure. */
const readTotals = (file: string): Totals => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1 };
  }
};

const runMocha = async (argv: readonly string[]): Promise<Totals> => {
  const directory = mkdtempSync(join(tmpdir(), "openstack-lab-test-"));
  const file = join(directory, "totals.json");
  const { env } = await toolchainEnvironment();
  const mocha = ["node_modules/mocha/bin/mocha.js", "--reporter", "toolchain/reporter.ts", "--fail-zero"];
  // Not in .mocharc.json, where mocha would add them to the files named on its command line.
  const files = argv.length > 0 ? argv : ["tests/**/*.test.ts"];
  try {
    const { exitCode } = await execa(
      process.execPath,
      [...mocha, ...(process.env.CI ? ["--forbid-only"] : []), ...files],
      {
        env: { ...env, TEST_TOTALS: file },
        stdio: ["ignore", "inherit", "inherit"],
        reject: false,
      },
    );
    const { passed, failed } = readTotals(file);
    return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const failedChecks = await runChecks();
const { passed, failed } = await runMocha(process.argv.slice(2));
for (const name of failedChecks) process.stdout.write(`failed check: ${name}\n`);
const allFailed = failed + failedChecks.length;
process.exitCode = allFailed > 0 ? 1 : 0;
process.stdout.write(`${passed} passed, ${allFailed} failed\n`);
