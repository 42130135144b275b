import type { Exec, ExecAnswer } from "../exec.ts";
import { type JujuErrorKind, type JujuProblem, meaningOf, problemError, withoutNoise } from "./errors.ts";

/** Limits in ms. juju itself gives up on an unreachable controller only after 598 s, silent until then. */
export type JujuLimits = {
  /** whoami and version, which read local files only. */
  local: number;
  /** models, and everything else that a controller answers at once */
  models: number;
  /** status and machines of one model */
  status: number;
  exportBundle: number;
  removeMachines: number;
  /** After so long a silence of a slower call, the controller is asked for its models; it ends when they do not come. */
  silence: number;
};

export const defaultLimits: JujuLimits = {
  local: 20_000,
  models: 30_000,
  status: 120_000,
  exportBundle: 180_000,
  removeMachines: 180_000,
  silence: 15_000,
};

/** What all calls of one client share. */
export type Shell = {
  exec: Exec;
  binary: string;
  env: NodeJS.ProcessEnv;
  limits: JujuLimits;
  signal: AbortSignal | undefined;
};

const maxBytes = 64 * 1024 * 1024;

/**
 * What juju and the snap around it read. Not the rest of ours: Pulumi's passphrase, cloud keys and database passwords are
 * none of theirs. SSL_CERT_* is where Go looks for the authority of an identity provider; SIMULATED_* leads the simulated
 * lab's juju to its lab.
 */
const passed =
  /^(?:PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|SNAP\w*|JUJU_(?!MODEL$)\w+|(?:https?|no)_proxy|HTTPS?_PROXY|NO_PROXY|SSL_CERT_(?:FILE|DIR)|SIMULATED_\w+)$/;

/** The environment of every call. JUJU_MODEL is left out: models are always named. */
export const jujuEnvironment = (
  env: NodeJS.ProcessEnv,
  controller: string | undefined,
): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => passed.test(name))),
  ...(controller ? { JUJU_CONTROLLER: controller } : {}),
});

/** An ended call. `cut` says why we ended it early. */
type CallAnswer = ExecAnswer & { cut?: Extract<JujuErrorKind, "timeout" | "login-expired"> };

const controllerOf = (shell: Shell, args: readonly string[]): string | undefined => {
  const after = (flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
  const model = after("-m");
  return after("-c") ?? (model?.includes(":") ? model.split(":")[0] : undefined) ?? shell.env.JUJU_CONTROLLER;
};

/** The problem of a call that did not end with exit code 0. */
export const problemOf = (
  shell: Shell,
  args: readonly string[],
  limit: number,
  answer: CallAnswer,
): JujuProblem => {
  const controller = controllerOf(shell, args);
  const problem = (kind: JujuErrorKind, more: Partial<JujuProblem> = {}): JujuProblem => ({
    kind,
    command: [shell.binary, ...args].join(" "),
    said: withoutNoise(answer.stderr),
    ...(controller ? { controller } : {}),
    ...more,
  });
  if (answer.cut === "login-expired") return problem("login-expired", meaningOf(answer.stderr));
  if (answer.cut === "timeout")
    return problem("timeout", { limit: shell.limits.silence + shell.limits.models });
  switch (answer.end) {
    case "no-binary":
      return problem("missing-binary", { text: "There is no juju client to run", said: [] });
    case "not-started":
      return problem("missing-binary", { text: `it could not be started: ${answer.problem}` });
    case "aborted":
      return problem("interrupted");
    case "killed":
      return problem("failed", { text: `it was killed by ${answer.problem}` });
    case "limit":
      return problem("timeout", { limit });
    case "too-much":
      return problem("bad-answer", { text: `it printed more than ${maxBytes} bytes and was stopped` });
    case "exited": {
      const exitCode = answer.code === undefined ? {} : { exitCode: answer.code };
      return problem("failed", { ...exitCode, ...meaningOf(answer.stderr) });
    }
  }
};

type More = { signal?: AbortSignal; onStderr?: (piece: string) => void };

/**
 * Runs `juju` with these arguments and returns how it ended. It is ended early when it asks for a login, which nobody will
 * answer, and when it is silent and the controller does not tell its models either.
 */
export const call = async (
  shell: Shell,
  args: readonly string[],
  limit: number,
  more: More = {},
): Promise<CallAnswer> => {
  const { exec, binary, env, limits } = shell;
  const early = new AbortController();
  const ended = new AbortController();
  let said = "";
  let cut: CallAnswer["cut"];
  const end = (why: CallAnswer["cut"]): void => {
    cut ??= why;
    early.abort();
  };
  const isSilent = () => withoutNoise(said).length === 0;
  const askForModels = async (): Promise<void> => {
    if (!isSilent()) return;
    const controller = controllerOf(shell, args);
    const models = ["models", ...(controller ? ["-c", controller] : []), "--format=json"];
    const answer = await exec({
      binary,
      args: models,
      env,
      limit: limits.models,
      maxBytes,
      signal: ended.signal,
    });
    if (answer.end === "limit" && isSilent()) end("timeout");
  };
  const isSlow = limit > limits.silence + limits.models;
  const watch = isSlow ? setTimeout(() => void askForModels(), limits.silence) : undefined;
  const signals = [shell.signal, more.signal, early.signal].filter((signal) => signal !== undefined);
  const onStderr = (piece: string): void => {
    said += piece;
    if (cut === undefined && meaningOf(said).kind === "login-expired") end("login-expired");
    more.onStderr?.(piece);
  };
  try {
    const signal = AbortSignal.any(signals);
    const answer = await exec({ binary, args, env, limit, maxBytes, signal, onStderr });
    return answer.end === "aborted" && cut ? { ...answer, cut } : answer;
  } finally {
    clearTimeout(watch);
    ended.abort();
  }
};

/** As {@link call}, for calls that must end with exit code 0. A failed `--format` read prints `{}`: only the exit code tells. */
export const mustCall = async (
  shell: Shell,
  args: readonly string[],
  limit: number,
  more: More = {},
): Promise<ExecAnswer> => {
  const answer = await call(shell, args, limit, more);
  if (answer.end === "exited" && answer.code === 0) return answer;
  throw problemError(problemOf(shell, args, limit, answer));
};
