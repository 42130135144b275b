/** `make test`: the checks, then mocha on all tests or on the files given as arguments. Its last line is `N passed, N failed`. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { runChecks } from "./checks.ts";
import { toolchainEnvironment } from "./environment.ts";
import { type Totals, unexplainedFailure } from "./totals.ts";

const readTotals = (file: string): Totals => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 0 };
  }
};

/**
 * Two files at a time: the tests on the real engine mostly wait. Mocha then prints a file's results when the whole file is
 * done, so a line says that it goes on whenever nothing was printed for 10 s.
 */
const mochaArguments = [
  "node_modules/mocha/bin/mocha.js",
  ...["--parallel", "--jobs", "2", "--reporter", "packages/toolchain/reporter.ts"],
  ...(process.stdout.isTTY ? ["--color"] : []),
  ...(process.env.CI ? ["--forbid-only"] : []),
];

/** Passes `output` on to the terminal, with a sign of life when it is silent. */
const showWithSignsOfLife = (output: Readable): { stop: () => void } => {
  const started = performance.now();
  let printed = started;
  output.on("data", (chunk: Uint8Array) => {
    printed = performance.now();
    process.stdout.write(chunk);
  });
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - printed < 10_000) return;
    printed = now;
    process.stdout.write(`  tests are running, ${Math.round((now - started) / 1000)} s\n`);
  }, 1000);
  return { stop: () => clearInterval(timer) };
};

const runMocha = async (files: readonly string[]): Promise<Totals> => {
  const directory = mkdtempSync(join(tmpdir(), "openstack-lab-test-"));
  const file = join(directory, "totals.json");
  const { env } = await toolchainEnvironment();
  try {
    const mocha = execa(process.execPath, [...mochaArguments, ...files], {
      env: { ...env, TEST_TOTALS: file },
      stdio: ["ignore", "pipe", "inherit"],
      buffer: false,
      reject: false,
    });
    const life = showWithSignsOfLife(mocha.stdout);
    const { exitCode, signal } = await mocha;
    life.stop();
    const totals = readTotals(file);
    const why = unexplainedFailure(totals, exitCode, signal);
    if (why === undefined) return totals;
    process.stdout.write(`${why}\n`);
    return { ...totals, failed: 1 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** Not in .mocharc.json, where mocha would add them to the files named on its command line. */
const allTests = ["tests/**/*.test.ts", "packages/*/tests/**/*.test.ts"];

const failedChecks = await runChecks();
const { passed, failed } = await runMocha(process.argv.length > 2 ? process.argv.slice(2) : allTests);
for (const name of failedChecks) process.stdout.write(`failed check: ${name}\n`);
const allFailed = failed + failedChecks.length;
process.exitCode = allFailed > 0 ? 1 : 0;
process.stdout.write(`${passed} passed, ${allFailed} failed\n`);
