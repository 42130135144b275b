import { TeardownError } from "../../errors.ts";
import { call, callError, commandLine, type Shell } from "./call.ts";
import { withoutNoise } from "./complaints.ts";

/** 3.x and 4.x say `will remove machine 0` on stdout, 2.9 `removing machine 0` on stderr; containers (`0/lxd/0`) are not counted. */
const removal = /^(?:will remove|removing) machine (\d+)$/;
/** Nobody answered the prompt (`--no-prompt` is not understood): what stands on stdout was not done. */
const notDone = /machine removal: aborted/;
/** Somebody was faster: nothing to complain about. */
const alreadyGone = /machine \d+ not found/;

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
    throw new TeardownError(
      "unexpected",
      `A defect: ${JSON.stringify(container)} is not a top-level machine id.`,
    );
  }
  const args = ["remove-machine", "-m", uuid, "--force", "--no-prompt", ...ids];
  const answer = await call(shell, args, shell.limits.removeMachines);
  const lines = [...withoutNoise(answer.stdout), ...withoutNoise(answer.stderr)];
  const removed = lines.flatMap((line) => removal.exec(line)?.[1] ?? []);
  const complaints = withoutNoise(answer.stderr).filter((line) => !removal.test(line));
  const open = complaints.filter((line) => !alreadyGone.test(line));
  const isAllGone = complaints.length > 0 && open.length === 0;
  const isDone = answer.code === 0 || removed.length > 0 || isAllGone;
  if (answer.end !== "exited" || !isDone || complaints.some((line) => notDone.test(line))) {
    throw callError(commandLine(shell, args), shell.limits.removeMachines, answer);
  }
  return { removed: [...new Set(removed)], complaints: open };
};
