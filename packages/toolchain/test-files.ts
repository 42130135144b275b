import { globSync } from "node:fs";

const allTests = ["tests/**/*.test.ts", "packages/*/tests/**/*.test.ts"];

/** Tests that start an engine, a simulated lab in a process of its own or its clients, or that install packages. */
export const processTests: readonly string[] = [
  "tests/{e2e,faults,packaging,shared-state}/**",
  "tests/bench/runbook.test.ts",
  "tests/commands/verify/on-the-engine.test.ts",
  "tests/docs/{another-lab,commands}.test.ts",
  "tests/examples/approval.test.ts",
  "tests/commands/audit/audit.test.ts",
  "tests/commands/plan/plan.test.ts",
  "tests/teardown/clients/{engine-options,pulumi}.test.ts",
  "packages/simulator/tests/{lab,main}.test.ts",
  "packages/simulator/tests/juju/{stand-in,with-maas}.test.ts",
  "packages/simulator/tests/maas/{cli,cli-replay}.test.ts",
  "packages/toolchain/tests/{command-plugin,environment,install-packages,pulumi,setup}.test.ts",
];

/** The files that take longest, the longest first: begun last, one of them would keep the others' cores idle. */
export const slowTests: readonly string[] = [
  "tests/e2e/scenarios.test.ts",
  "tests/faults/crash.test.ts",
  "tests/e2e/rules/errors.test.ts",
  "tests/packaging/existing-program.test.ts",
  "packages/bundle-diff/tests/properties.test.ts",
  "packages/bundle-diff/tests/main.test.ts",
  "tests/properties/teardown.test.ts",
  "tests/components/operation.test.ts",
  "tests/faults/one-truth.test.ts",
  "tests/teardown/report/page.test.ts",
  "tests/teardown/clients/exec.test.ts",
];

const found = (patterns: readonly string[], exclude: readonly string[] = []): string[] =>
  globSync(patterns, { exclude }).sort();

const inOrder = (files: readonly string[]): string[] => [
  ...slowTests.filter((file) => files.includes(file)),
  ...files.filter((file) => !slowTests.includes(file)),
];

/** The files that need neither an engine nor a simulator, in the order in which they are begun. */
export const unitTests = (): string[] => inOrder(found(allTests, processTests));

/** All test files in the order in which they are begun: those that wait most first. */
export const everyTest = (): string[] => {
  const unit = unitTests();
  return inOrder([...found(allTests).filter((file) => !unit.includes(file)), ...unit]);
};
