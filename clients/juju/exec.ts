import { execa } from "execa";

/** One call of a program. `limit` in ms, `maxBytes` per stream (characters, in fact). */
export type ExecAsk = {
  binary: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  limit: number;
  maxBytes: number;
  signal: AbortSignal | undefined;
  /** Called with each piece of stderr as it comes. */
  onStderr?: (piece: string) => void;
};

/** How a call ended. For every end but `exited` the program and its descendants were killed, or never ran. */
export type ExecAnswer = {
  end: "exited" | "killed" | "limit" | "aborted" | "too-much" | "no-binary" | "not-started";
  code: number | undefined;
  stdout: string;
  stderr: string;
  /** What the system says, when it never ran; the signal, when somebody else killed it. */
  problem: string;
};

/** Runs a program without a shell. Never throws. */
export type Exec = (ask: ExecAsk) => Promise<ExecAnswer>;

/** After SIGTERM the group has so long, in ms, until SIGKILL. */
const patience = 3000;

/**
 * Through execa, in a process group of its own that is killed as a whole: first SIGTERM, then SIGKILL. A descendant that
 * left the group and holds our pipes cannot keep us waiting either.
 */
export const execProgram: Exec = async (ask) => {
  if (ask.signal?.aborted) return { end: "aborted", code: undefined, stdout: "", stderr: "", problem: "" };
  const subprocess = execa(ask.binary, ask.args, {
    env: ask.env,
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    timeout: ask.limit,
    killDescendants: true,
    forceKillAfterDelay: patience,
    maxBuffer: ask.maxBytes,
    stripFinalNewline: false,
    windowsHide: true,
    ...(ask.signal === undefined ? {} : { cancelSignal: ask.signal }),
  });
  if (ask.onStderr) subprocess.stderr.setEncoding("utf8").on("data", ask.onStderr);
  const result = await subprocess;
  const outcome = (end: ExecAnswer["end"], problem = ""): ExecAnswer => ({
    end,
    code: result.exitCode,
    stdout: result.stdout,
    stderr: result.stderr,
    problem,
  });
  if (result.timedOut) return outcome("limit");
  if (result.isCanceled) return outcome("aborted");
  if (result.isMaxBuffer) return outcome("too-much");
  if (result.isTerminated) return outcome("killed", result.signal ?? "");
  if (result.exitCode !== undefined) return outcome("exited");
  return outcome(result.code === "ENOENT" ? "no-binary" : "not-started", result.originalMessage ?? "");
};
