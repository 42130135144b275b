import { globSync } from "node:fs";

const allTests = ["tests/**/*.test.ts", "packages/*/tests/**/*.test.ts"];

/** Tests that start an engine, a simulated lab in a process of its own or its clients, or that install packages. */
export const processTests: readonly string[] = [
  "tests/{e2e,faults,packaging,shared-state}/**",
  "tests/bench/runbook.test.ts",
  "tests/commands/plan/plan.test.ts",
  "packages/simulator/tests/{lab,main}.test.ts",
  "packages/simulator/tests/juju/{stand-in,with-maas}.test.ts",
  "packages/simulator/tests/maas/{cli,cli-replay}.test.ts",
  "packages/toolchain/tests/{command-plugin,install-packages,pulumi,setup}.test.ts",
];

/** The files that take longest, the longest first: begun last, one of them would keep the others' cores idle. */
export const slowTests: readonly string[] = [
  "tests/e2e/scenarios.test.ts",
  "tests/faults/crash.test.ts",
  "tests/e2e/rules/errors.test.ts",
];

const found = (patterns: readonly string[], exclude: readonly string[] = []): string[] =>
  globSync(patterns, { exclude }).sort();

/** The files that need neither an engine nor a simulator. */
export const unitTests = (): string[] => found(allTests, processTests);

/** All test files in the order in which they are begun. */
export const slowestFirst = (): string[] => {
  const unit = unitTests();
  const others = found(allTests).filter((file) => !unit.includes(file));
  return [...new Set([...slowTests, ...others, ...unit])];
};
