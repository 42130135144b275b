import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JujuClient, type JujuClientOptions, jujuClient } from "../../../../teardown/clients/juju.ts";
import type { RecordedCall } from "./recordings.ts";

export const openstack = "7f5d2c1e-4b3a-4c9d-8e2f-9a8b7c6d5e4f";

/** A juju that is a shell script in a folder of its own. */
export type FakeJuju = {
  juju: JujuClient;
  folder: string;
  /** The command lines that it was called with, and the two variables that would redirect it. */
  calls: () => string[];
};

const header =
  'cd "$(dirname "$0")" || exit 99\necho "$* controller=$JUJU_CONTROLLER model=$JUJU_MODEL" >> calls\n';

/** Runs a test with a juju that does what this script says; `$1` is juju's command. */
export const withScript = async (
  script: string,
  test: (fake: FakeJuju) => Promise<unknown>,
  options: JujuClientOptions = {},
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "fake-juju-"));
  const binary = join(folder, "juju");
  writeFileSync(binary, `#!/bin/sh\n${header}${script}\n`);
  chmodSync(binary, 0o755);
  const calls = (): string[] => {
    const path = join(folder, "calls");
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  };
  try {
    await test({ juju: jujuClient({ binary, ...options }), folder, calls });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const answering = ({ stdout, stderr, code }: RecordedCall): string =>
  `printf %s ${quoted(stdout)}\nprintf %s ${quoted(stderr)} >&2\nexit ${code}`;

/** Runs a test with a juju that answers every call like this. */
export const withAnswer = (
  recorded: RecordedCall,
  test: (fake: FakeJuju) => Promise<unknown>,
  options: JujuClientOptions = {},
): Promise<void> => withScript(answering(recorded), test, options);

/** Runs a test with a juju that answers by the beginning of its command line, in which `*` stands for anything. */
export const withAnswers = (
  answers: Record<string, RecordedCall>,
  test: (fake: FakeJuju) => Promise<unknown>,
  options: JujuClientOptions = {},
): Promise<void> => {
  const cases = Object.entries(answers).map(
    ([start, answer]) => `${start.replaceAll(" ", "\\ ")}*)\n${answering(answer)};;`,
  );
  return withScript(`case "$*" in\n${cases.join("\n")}\nesac\nexit 98`, test, options);
};

export const printing = (stdout: string, stderr = "", code = 0): RecordedCall => ({ code, stdout, stderr });

/** Whether a process is there, and not merely waiting to be buried. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

/** Waits until something holds; the test's own limit is the limit. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};
