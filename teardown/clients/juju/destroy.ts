import { TeardownError } from "../../errors.ts";
import type { DisabledCommands } from "./answers.ts";
import { call, problemOf, type Shell } from "./call.ts";
import {
  type JujuErrorKind,
  type JujuProblem,
  meaningOf,
  plainText,
  problemError,
  withoutNoise,
} from "./errors.ts";

/** What is left of a model that is being destroyed, as `juju destroy-model` counts it; 0 for what it does not mention. */
export type Left = {
  machines: number;
  applications: number;
  /** machines in error */
  errors: number;
  volumes: number;
  filesystems: number;
  /** juju's own words: "4 machine(s), 3 application(s)"; "" when only the model itself is left. */
  text: string;
};

/**
 * How `juju destroy-model` ended. None of these proves that the model is gone: ask for its presence afterwards.
 * - `reported-gone`: juju waited until the controller no longer knew the model
 * - `lost-connection`: exit code 0, but juju only lost sight of the model; the destruction goes on
 * - `not-found`: there is no such model (any more)
 * - `refused`: the controller or the client does not do it: disabled, no permission, not logged in, …; `cause` says which
 * - `stopped`: the limit, an abort, or somebody's signal ended juju; if `accepted`, the destruction goes on in the controller
 * - `failed`: anything else
 */
export type DestroyAnswer =
  | { kind: "reported-gone" }
  | { kind: "lost-connection"; reason: string }
  | { kind: "not-found"; reason: string }
  | { kind: "refused"; reason: string; cause: JujuErrorKind; problem?: JujuProblem }
  | { kind: "stopped"; by: "limit" | "abort" | "signal"; accepted: boolean; reason: string }
  | { kind: "failed"; reason: string; cause: JujuErrorKind; problem?: JujuProblem };

export type DestroyOptions = {
  /** Called with each change. What it throws first is thrown once juju has ended. */
  onProgress: (left: Left) => void;
  signal: AbortSignal;
  /** ms; juju itself has no limit here */
  limit: number;
};

const refusals: readonly JujuErrorKind[] = [
  "disabled",
  "forbidden",
  "unauthorized",
  "not-logged-in",
  "login-expired",
  "no-controller",
  "storage",
  "unsupported",
];

/** What destroy-model prints while all goes well. Recorded with 3.6.28 and 4.0.14. */
const printed = {
  /** The controller has taken the order. */
  waiting: /Waiting for model to be removed/,
  /** juju has seen the end itself. */
  seenGone: /Model destroyed\./,
  /** A poll failed: juju takes the model for destroyed and ends with exit code 0 (cmd/juju/model/destroy.go). */
  lostSight: /Unable to get the model status from the API: (.*)/,
  /**
   * One dot follows for each unchanged poll, with a line break after 80 columns, and it begins anew when the counts change. A
   * message may follow on the same line, and 3.6 writes none after `Destroying model`. `filesystems(s)` is 3.6's spelling.
   */
  progress: /Waiting for model to be removed((?:, \d+ \w+\(s\))*)\.{3}/g,
  steps: /^(?:Destroying|Waiting for) model(?!.*ERROR)/,
};

const countIn = (text: string, what: string): number =>
  Number(new RegExp(`(\\d+) ${what}s?\\(s\\)`).exec(text)?.[1] ?? 0);

const leftIn = (text: string): Left => ({
  machines: countIn(text, "machine"),
  applications: countIn(text, "application"),
  errors: countIn(text, "error"),
  volumes: countIn(text, "volume"),
  filesystems: countIn(text, "filesystem"),
  text,
});

/**
 * Reads destroy-model's stderr as it comes, in pieces cut anywhere, and reports each change of the counts once.
 * @returns the function to feed with pieces
 */
export const progressReader = (onProgress: (left: Left) => void): ((piece: string) => void) => {
  let pending = "";
  let last: string | undefined;
  return (piece) => {
    pending += piece;
    let end = 0;
    for (const match of pending.matchAll(printed.progress)) {
      end = match.index + match[0].length;
      const text = (match[1] ?? "").replace(/^, /, "");
      if (text === last) continue;
      last = text;
      onProgress(leftIn(text));
    }
    // No line of juju's is longer than this; dots would pile up otherwise.
    pending = pending.slice(end).slice(-1000);
  };
};

/** What keeps a dying model, as its status message counts it: "2 machines, 1 application"; "" when it counts nothing. */
export const whatIsLeft = (statusMessage: string): string =>
  /found (\d+ [a-z ]+(?:, \d+ [a-z ]+)*)/.exec(statusMessage)?.[1]?.trim() ?? "";

const interpret = (answer: Awaited<ReturnType<typeof call>>, problem: JujuProblem): DestroyAnswer => {
  const { code, end, cut } = answer;
  const stderr = plainText(answer.stderr);
  const accepted = printed.waiting.test(stderr);
  const goesOn = accepted
    ? "the destruction goes on in the controller"
    : "the controller may not have been asked yet";
  const stopped = (by: "limit" | "abort" | "signal", why: string): DestroyAnswer => ({
    kind: "stopped",
    by,
    accepted,
    reason: `${why}; ${goesOn}`,
  });
  if (!cut) {
    if (end === "limit") return stopped("limit", `not done within ${(problem.limit ?? 0) / 1000} s`);
    if (end === "aborted") return stopped("abort", "stopped waiting");
    if (end === "killed") return stopped("signal", `juju was killed by ${answer.problem}`);
    if (end !== "exited") throw problemError(problem);
    // A wrapper around juju reports a signal as 128 + its number; juju 3.6 was seen to end with 143 itself.
    if (code !== undefined && code > 128 && code < 160)
      return stopped("signal", `juju was killed by signal ${code - 128}`);
    const lost = printed.lostSight.exec(stderr)?.[1]?.trim();
    // 4.0 ends like this: the poll that failed was told that there is no such model.
    if (lost !== undefined && meaningOf(lost).kind === "not-found") return { kind: "reported-gone" };
    if (lost !== undefined) return { kind: "lost-connection", reason: lost };
    if (code === 0)
      return printed.seenGone.test(stderr)
        ? { kind: "reported-gone" }
        : {
            kind: "lost-connection",
            reason: "juju ended with exit code 0 without reporting the model destroyed",
          };
  }
  const { kind } = problem;
  const said = problem.said
    .filter((line) => !printed.steps.test(line))
    .join("\n")
    .slice(-1500);
  const reason =
    said || problem.text || `${code === undefined ? kind : `exit code ${code}`}, nothing on stderr`;
  if (kind === "interrupted") return stopped("signal", "juju was interrupted");
  if (kind === "not-found") return { kind, reason };
  if (refusals.includes(kind)) return { kind: "refused", reason, cause: kind, problem };
  return { kind: "failed", reason, cause: kind, problem };
};

/**
 * Destroys the model for good and waits for the end: despite `--no-wait`, juju blocks until the model is gone. Repeating it is
 * safe, and re-queues the forced cleanups (juju 2.9 to 4.0). The model is named by its UUID, so a new model of the
 * same name is never hit. `--timeout` is never passed: with `--force --timeout 0` Juju leaves the machines deployed.
 * @param disabledCommands asked when 4.0 refuses: it prints the operator's reason and nothing else
 */
export const destroyModel = async (
  shell: Shell,
  uuid: string,
  options: DestroyOptions,
  disabledCommands: () => Promise<DisabledCommands[]>,
): Promise<DestroyAnswer> => {
  const args = ["destroy-model", uuid, "--force", "--no-wait", "--destroy-storage", "--no-prompt"];
  // Thrown inside of a stream's event it would end the whole process; and juju is not stopped because of it.
  let failure: { error: unknown } | undefined;
  const onProgress = (left: Left): void => {
    try {
      options.onProgress(left);
    } catch (error) {
      failure ??= { error };
    }
  };
  const answer = await call(shell, args, options.limit, {
    signal: options.signal,
    onStderr: progressReader(onProgress),
  });
  if (failure) throw failure.error;
  const problem = { model: uuid, ...problemOf(shell, args, options.limit, answer) };
  const ended = interpret(answer, problem);
  if (ended.kind !== "failed" || problem.kind !== "failed" || problem.text === undefined) return ended;
  const [disabled] = await disabledCommands().catch(() => []);
  return disabled
    ? { ...ended, kind: "refused", cause: "disabled", problem: { ...problem, kind: "disabled" } }
    : ended;
};

/** What remove-machine prints, line by line. */
const removal = {
  /** 3.x and 4.x print this on stdout, 2.9 `removing machine 0` on stderr; containers (`0/lxd/0`) are not counted. */
  done: /^(?:will remove|removing) machine (\d+)$/,
  /** 3.6 `machine 9 not found`, 4.0 `machine "9": machine not found` */
  missing: /machine "?(\d+)"?(?:: machine)? not found/,
  /** Nobody answered the prompt (`--no-prompt` is not understood): what stands on stdout was not done. */
  notDone: /machine removal: aborted/,
};

const idsIn = (lines: string[], pattern: RegExp): string[] =>
  lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);

/**
 * `juju remove-machine --force --no-prompt` for all of them in one call. Without `--no-prompt` 3.x and 4.x wait for an answer and give up.
 * @param ids top-level machine ids ("0"), never containers
 * @throws TeardownError `juju`, of kind `not-found` when the model is gone
 */
export const removeMachines = async (
  shell: Shell,
  uuid: string,
  ids: readonly string[],
): Promise<{ removed: string[]; complaints: string[] }> => {
  if (ids.length === 0) return { removed: [], complaints: [] };
  const container = ids.find((id) => !/^\d+$/.test(id));
  if (container !== undefined) {
    throw new TeardownError("unexpected", `${JSON.stringify(container)} is not a top-level machine id.`);
  }
  const limit = shell.limits.removeMachines;
  const args = ["remove-machine", "-m", uuid, "--force", "--no-prompt", ...ids];
  const answer = await call(shell, args, limit);
  const stderr = withoutNoise(answer.stderr);
  const taken = idsIn([...withoutNoise(answer.stdout), ...stderr], removal.done);
  const missing = idsIn(stderr, removal.missing).filter((id) => ids.includes(id));
  const removed = [...new Set([...taken, ...missing])];
  const complaints = stderr.filter((line) => !removal.done.test(line) && !removal.missing.test(line));
  const isDone = answer.code === 0 || removed.length > 0;
  if (answer.end !== "exited" || !isDone || complaints.some((line) => removal.notDone.test(line)))
    throw problemError(problemOf(shell, args, limit, answer));
  // One that is missing must not keep the others: they are asked for again without it, so each time there are fewer.
  const rest = ids.filter((id) => !removed.includes(id));
  if (missing.length === 0 || complaints.length > 0 || rest.length === 0) return { removed, complaints };
  const again = await removeMachines(shell, uuid, rest);
  return { removed: [...removed, ...again.removed], complaints: again.complaints };
};
