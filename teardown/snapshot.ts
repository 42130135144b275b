import { type Exec, execProgram } from "./clients/exec.ts";
import { sayDuration } from "./config/duration.ts";
import type { Settings } from "./config/settings.ts";
import type { Context, Row } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { type Finding, refused } from "./guards/finding.ts";
import { isDestructive } from "./run/journal.ts";
import { inHome, type Run } from "./run/run-directory.ts";
import { throwIfStopped } from "./stopping.ts";
import { indent } from "./text/table.ts";

/** `requireSnapshot` without a command that makes one. Pure. */
export const judgeSnapshot = ({ requireSnapshot, snapshotCommand }: Settings): Finding[] =>
  requireSnapshot && snapshotCommand.length === 0 ? [refused({ code: "no-snapshot-command" })] : [];

/** What an operator reads of it, and the journal keeps. */
const lastBytes = 2_000;
const tail = (text: string): string => Buffer.from(text).subarray(-lastBytes).toString().trim();

const megabytes = 1_000_000;

/** Nothing of ours is inherited but where programs and the user's own files are: no passphrase, no key. */
const environment = ({ directory, lab }: Run, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    ["PATH", "HOME", "USER", "LANG"].flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  ),
  MACHINES: lab.machines.map(({ hostname }) => hostname).join(" "),
  SYSTEM_IDS: lab.machines.map(({ systemId }) => systemId).join(" "),
  MODEL: lab.model?.name ?? "",
  RUN_DIRECTORY: directory,
});

/** Whether this run has a snapshot. */
const hasSnapshot = (run: Run): boolean =>
  run.journal.events().some((each) => each.event === "snapshot-ended" && each.exitCode === 0);

/**
 * Runs `snapshotCommand`, once in a run and before anything is destroyed.
 *
 * @param isModelAlive whether the model is: then no machine was released yet
 * @throws TeardownError `snapshot` when it fails, `interrupted` or `deadline` when it is stopped; then nothing may be destroyed
 */
export const ensureSnapshot = async (
  context: Context,
  run: Run,
  row: Row,
  isModelAlive: boolean,
  exec: Exec = execProgram,
): Promise<void> => {
  const { settings, clock, signal } = context;
  const [program, ...args] = settings.snapshotCommand;
  if (program === undefined || hasSnapshot(run)) return;
  // What is half destroyed is no longer what a snapshot should hold. After a destroy-model in vain the lab is still whole.
  if (isDestructive(run.journal.events()) && !isModelAlive) return;
  const began = clock.now();
  row.status(`taking the snapshot: ${settings.snapshotCommand.join(" ")}`);
  run.journal.write({ event: "snapshot-started", command: settings.snapshotCommand });
  const answer = await exec({
    binary: inHome(program),
    args,
    env: environment(run, process.env),
    limit: settings.deadline,
    maxBytes: 100 * megabytes,
    signal,
    leash: true,
  });
  const output = tail(
    [answer.stdout, answer.stderr, answer.end === "exited" ? "" : answer.problem].join("\n"),
  );
  const { end, code } = answer;
  const took = clock.now() - began;
  run.journal.write({
    event: "snapshot-ended",
    ...(end === "exited" && code !== undefined && { exitCode: code }),
    end,
    output,
    took,
  });
  throwIfStopped(context, "the snapshot was stopped; nothing was destroyed");
  if (end === "exited" && code === 0) return row.info(`snapshot taken in ${sayDuration(took)}`);
  throw new TeardownError(
    "snapshot",
    [
      `no snapshot: ${settings.snapshotCommand.join(" ")} ${end === "exited" ? `ended with ${code}` : `did not end by itself (${end})`}`,
      "Nothing was destroyed.",
      ...(output ? [indent(output, 2)] : []),
      "When it works: pulumi destroy   # to go on without: pulumi config rm snapshotCommand",
    ].join("\n"),
  );
};
