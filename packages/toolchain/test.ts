/**
 * `make test`: the checks, then mocha on all tests or on the files given as arguments. With `--unit`, `make test-unit`: only the
 * tests that start no engine and no simulator. The last line is `N passed, N failed, N skipped`.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { runChecks } from "./check.ts";
import { partsLine, projectRoot, toolchainEnvironment } from "./environment.ts";
import { layoutOf } from "./parts.ts";
import { everyTest, unitTests } from "./test-files.ts";
import { summary, type Totals, unexplainedFailure } from "./totals.ts";

const readTotals = (file: string): Totals => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: [] };
  }
};

/** Mocha prints a file's results when the whole file is done: a line says that it goes on whenever nothing was printed for 10 s. */
const mochaArguments = [
  "node_modules/mocha/bin/mocha.js",
  ...["--parallel", "--reporter", "packages/toolchain/reporter.ts"],
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

const runMocha = async (
  files: readonly string[],
  jobs: number,
  env: Record<string, string>,
): Promise<Totals> => {
  const directory = mkdtempSync(join(tmpdir(), "openstack-lab-test-"));
  const file = join(directory, "totals.json");
  try {
    const mocha = execa(process.execPath, [...mochaArguments, "--jobs", String(jobs), ...files], {
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

const cores = availableParallelism();

/** No checks: they are `make check`, and take as long as these tests. Some of the tests' processes wait: one file more than cores. */
const runUnitTests = () =>
  runMocha(unitTests(), cores + 1, {
    NODE_COMPILE_CACHE: layoutOf(projectRoot).compileCache,
    PROPERTY_CASES: process.env.PROPERTY_CASES ?? "50",
  });

const runAll = async (files: readonly string[]): Promise<Totals> => {
  const failedChecks = await runChecks();
  const { env, parts } = await toolchainEnvironment();
  // Two files a core: the tests on the real engine mostly wait.
  const totals = await runMocha(files.length > 0 ? files : everyTest(), 2 * cores, env);
  process.stdout.write(`ran with ${partsLine(parts)}\n`);
  for (const name of failedChecks) process.stdout.write(`failed check: ${name}\n`);
  return { ...totals, failed: totals.failed + failedChecks.length };
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { unit: { type: "boolean" } } });
const totals = await (values.unit ? runUnitTests() : runAll(positionals));
process.exitCode = totals.failed > 0 ? 1 : 0;
process.stdout.write(`${summary(totals)}\n`);
