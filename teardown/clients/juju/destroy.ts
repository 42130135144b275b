import type { ExecAnswer } from "../exec.ts";
import { call, callError, commandLine, type Shell } from "./call.ts";
import { meaningOf, withoutNoise } from "./complaints.ts";
import type { JujuErrorKind } from "./errors.ts";
import { type Left, progressReader } from "./progress.ts";

/**
 * How `juju destroy-model` ended. None of these proves that the model is gone: ask for its presence afterwards.
 * - `reported-gone`: juju waited until the controller no longer knew the model
 * - `lost-connection`: exit code 0, but juju only lost sight of the model; the destruction goes on
 * - `not-found`: there is no such model (any more)
 * - `refused`: the controller or the client does not do it: blocked, no permission, not logged in, …; `cause` says which
 * - `stopped`: the limit, an abort, or somebody's signal ended juju; if `accepted`, the destruction goes on in the controller
 * - `failed`: anything else
 */
export type DestroyAnswer =
  | { kind: "reported-gone" }
  | { kind: "lost-connection"; reason: string }
  | { kind: "not-found"; reason: string }
  | { kind: "refused"; reason: string; cause: JujuErrorKind }
  | { kind: "stopped"; by: "limit" | "abort" | "signal"; accepted: boolean; reason: string }
  | { kind: "failed"; reason: string; cause: JujuErrorKind };

export type DestroyOptions = {
  /** Called with each change. What it throws first is thrown once juju has ended. */
  onProgress: (left: Left) => void;
  signal: AbortSignal;
  /** ms; juju itself has no limit here */
  limit: number;
};

const refusals: readonly JujuErrorKind[] = [
  "blocked",
  "forbidden",
  "unauthorized",
  "not-logged-in",
  "no-controller",
  "storage",
];

/** juju says this when it has seen the end itself. */
const seenGone = /Model destroyed\./;
/** A poll failed: juju takes the model for destroyed and ends with exit code 0 (cmd/juju/model/destroy.go). */
const lostSight = /Unable to get the model status from the API: (.*)/;

const interpret = (answer: ExecAnswer, command: string, limit: number): DestroyAnswer => {
  const { stderr, code } = answer;
  const accepted = /Waiting for model to be removed/.test(stderr);
  const goesOn = accepted
    ? "the destruction goes on in the controller"
    : "the controller may not have been asked yet";
  const stopped = (by: "limit" | "abort" | "signal", why: string): DestroyAnswer => ({
    kind: "stopped",
    by,
    accepted,
    reason: `${why}; ${goesOn}`,
  });
  if (answer.end === "limit") return stopped("limit", `not done within ${limit / 1000} s`);
  if (answer.end === "aborted") return stopped("abort", "stopped waiting");
  if (answer.end === "killed") return stopped("signal", `juju was killed by ${answer.problem}`);
  if (answer.end !== "exited") throw callError(command, limit, answer);

  // A wrapper around juju reports a signal as 128 + its number; juju 3.6 was seen to end with 143 itself.
  if (code !== undefined && code > 128 && code < 160)
    return stopped("signal", `juju was killed by signal ${code - 128}`);

  const lost = lostSight.exec(stderr)?.[1];
  if (lost !== undefined) return { kind: "lost-connection", reason: lost.trim() };
  if (code === 0) {
    return seenGone.test(stderr)
      ? { kind: "reported-gone" }
      : {
          kind: "lost-connection",
          reason: "juju ended with exit code 0 without reporting the model destroyed",
        };
  }
  const reason = withoutNoise(stderr)
    .filter(
      (line) =>
        line.startsWith("ERROR") || /ERROR/.test(line) || !/^(Destroying|Waiting for) model/.test(line),
    )
    .join("\n")
    .slice(-1500);
  const { kind } = meaningOf(stderr);
  if (kind === "interrupted") return stopped("signal", "juju was interrupted");
  if (kind === "not-found") return { kind, reason };
  if (refusals.includes(kind)) return { kind: "refused", reason, cause: kind };
  return { kind: "failed", reason: reason || `exit code ${code} without a word`, cause: kind };
};

/**
 * Destroys the model for good and waits for the end: despite `--no-wait`, juju blocks until the model is gone. Repeating it is
 * safe, and re-queues the forced cleanups (juju 2.9 to 4.0). The model is named by its UUID, so a new model of the
 * same name is never hit. `--timeout` is never passed: with `--force --timeout 0` Juju leaves the machines deployed.
 */
export const destroyModel = async (
  shell: Shell,
  uuid: string,
  options: DestroyOptions,
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
  return interpret(answer, commandLine(shell, args), options.limit);
};
