import type { Exec, ExecAnswer } from "../exec.ts";
import { meaningOf, withoutNoise } from "./complaints.ts";
import { jujuError } from "./errors.ts";

/** Limits in ms. juju itself gives up on an unreachable controller only after 598 s, without a word until then. */
export type JujuLimits = {
  /** whoami and version, which read local files only. */
  local: number;
  models: number;
  /** status and machines of one model */
  status: number;
  exportBundle: number;
  removeMachines: number;
};

export const defaultLimits: JujuLimits = {
  local: 20_000,
  models: 60_000,
  status: 120_000,
  exportBundle: 180_000,
  removeMachines: 180_000,
};

/** What all calls of one client share. */
export type Shell = {
  exec: Exec;
  binary: string;
  env: NodeJS.ProcessEnv;
  limits: JujuLimits;
  signal: AbortSignal | undefined;
};

export const maxBytes = 64 * 1024 * 1024;

const clipped = (lines: string[], length = 500): string => {
  const text = lines.join("\n  ");
  return text.length > length ? `${text.slice(0, length)}…` : text;
};

/** The error for a call that did not end with exit code 0. Holds juju's stderr, never its stdout (a bundle has secrets). */
export const callError = (
  command: string,
  limit: number,
  answer: ExecAnswer,
): ReturnType<typeof jujuError> => {
  const said = withoutNoise(answer.stderr);
  const words = said.length > 0 ? `:\n  ${clipped(said)}` : " without a word on stderr";
  switch (answer.end) {
    case "no-binary":
      return jujuError(
        "missing-binary",
        `There is no juju client to run (${command.split(" ")[0]}).\nExpected it on PATH. Install it: sudo snap install juju`,
      );
    case "not-started":
      return jujuError("missing-binary", `\`${command}\` could not be started: ${answer.problem}`);
    case "aborted":
      return jujuError("interrupted", `\`${command}\` was stopped: we were told to stop.`);
    case "killed":
      return jujuError("failed", `\`${command}\` was killed from outside by ${answer.problem}.`);
    case "limit":
      return jujuError(
        "timeout",
        `\`${command}\` did not end within ${limit / 1000} s and was stopped. juju is silent like this when the controller does not answer.\n` +
          "Is the controller up? Try: juju show-controller; juju status -m controller",
      );
    case "too-much":
      return jujuError("bad-answer", `\`${command}\` printed more than ${maxBytes} bytes and was stopped.`);
    case "exited": {
      const { kind, next } = meaningOf(answer.stderr);
      const hint = next === undefined ? "" : `\nTry: ${next}`;
      return jujuError(kind, `\`${command}\` failed (exit code ${answer.code})${words}${hint}`);
    }
  }
};

/** Runs `juju` with these arguments and returns how it ended. */
export const call = (
  shell: Shell,
  args: readonly string[],
  limit: number,
  more: { signal?: AbortSignal; onStderr?: (piece: string) => void; env?: NodeJS.ProcessEnv } = {},
): Promise<ExecAnswer> => {
  const signals = [shell.signal, more.signal].filter((signal) => signal !== undefined);
  return shell.exec({
    binary: shell.binary,
    args,
    env: { ...shell.env, ...more.env },
    limit,
    maxBytes,
    signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
    ...(more.onStderr === undefined ? {} : { onStderr: more.onStderr }),
  });
};

export const commandLine = (shell: Shell, args: readonly string[]): string =>
  [shell.binary, ...args].join(" ");

/** As {@link call}, for calls that must end with exit code 0. A failed `--format` read prints `{}`: only the exit code tells. */
export const mustCall = async (shell: Shell, args: readonly string[], limit: number): Promise<ExecAnswer> => {
  const answer = await call(shell, args, limit);
  if (answer.end === "exited" && answer.code === 0) return answer;
  throw callError(commandLine(shell, args), limit, answer);
};
