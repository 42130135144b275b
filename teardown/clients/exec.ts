import { StringDecoder } from "node:string_decoder";

/** One call of a program. `limit` in ms, `maxBytes` for each output stream. */
export type ExecAsk = {
  binary: string;
  args: readonly string[];
  /** The whole environment; nothing is inherited. */
  env: NodeJS.ProcessEnv;
  limit: number;
  maxBytes: number;
  signal: AbortSignal | undefined;
  /** Called with each piece of stderr as it comes. */
  onStderr?: (piece: string) => void;
  /** Whether the program is to be stopped when this process is killed (SIGKILL). */
  leash?: boolean;
};

/**
 * How a call ended: `exited` has a code; `killed` was somebody else's signal; `limit`, `aborted` and `too-much` were ours, with
 * its whole process group; `no-binary` and `not-started` never ran.
 */
export type ExecEnd = "exited" | "killed" | "limit" | "aborted" | "too-much" | "no-binary" | "not-started";

export type ExecAnswer = {
  end: ExecEnd;
  code: number | undefined;
  stdout: string;
  stderr: string;
  /** What the system says, when it never ran; the signal, when it was killed. */
  problem: string;
};

/** Runs a program without a shell. Never throws. */
export type Exec = (ask: ExecAsk) => Promise<ExecAnswer>;

/** Timers take no more than 2^31 - 1 ms, and execa no fractions; 0 would mean: without a limit. */
const usable = (limit: number): number => Math.min(Math.max(Math.ceil(limit), 1), 2_000_000_000);

// The third pipe closes with this process, however it ends; nothing is ever written to it. A program that cannot be run makes
// the shell end with 127.
const leashed = [
  '"$@" 3<&- & program=$!',
  '{ read -r _ <&3; kill -TERM "$program"; } >/dev/null 2>&1 & watcher=$!',
  'wait "$program"; code=$?',
  'kill "$watcher" 2>/dev/null',
  'exit "$code"',
].join("\n");
const notFound = 127;

/** After SIGTERM the group has so long until SIGKILL, and its pipes half as long again until they are given up. In ms. */
const patience = 1000;

/**
 * Through execa, in a process group of its own that is killed as a whole: first SIGTERM, then SIGKILL. A descendant that
 * left the group with our pipes open cannot keep us waiting: then the answer comes without the rest of the output.
 */
export const execProgram: Exec = async (ask) => {
  if (ask.signal?.aborted) return { end: "aborted", code: undefined, stdout: "", stderr: "", problem: "" };
  // Loading it costs a tenth of a second of processor time: what only looks at MAAS goes without.
  const { execa } = await import("execa");
  const [file, args] = ask.leash
    ? ["/bin/sh", ["-c", leashed, "leash", ask.binary, ...ask.args]]
    : [ask.binary, [...ask.args]];
  const subprocess = execa(file, args, {
    env: ask.env,
    extendEnv: false,
    stdio: ["ignore", "pipe", "pipe", ...(ask.leash ? ["pipe" as const] : [])],
    reject: false,
    timeout: usable(ask.limit),
    killDescendants: true,
    forceKillAfterDelay: patience,
    maxBuffer: ask.maxBytes,
    stripFinalNewline: false,
    ...(ask.signal === undefined ? {} : { cancelSignal: ask.signal }),
  });
  const { onStderr } = ask;
  if (onStderr) {
    // The stream itself stays one of bytes: execa reads it too.
    const decoder = new StringDecoder("utf8");
    subprocess.stderr.on("data", (piece: Buffer) => onStderr(decoder.write(piece)));
  }
  const pipes = letGoOfPipes(ask, () => {
    for (const stream of [subprocess.stdout, subprocess.stderr]) stream.destroy();
  });
  const result = await subprocess;
  pipes.settled();
  const outcome = (end: ExecEnd, problem = ""): ExecAnswer => ({
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
  if (ask.leash && result.exitCode === notFound) return outcome("no-binary", result.stderr);
  if (result.exitCode !== undefined) return outcome("exited");
  return outcome(result.code === "ENOENT" ? "no-binary" : "not-started", result.originalMessage ?? "");
};

/** Closes the pipes of a call that does not settle although its group was killed: execa waits for them. */
const letGoOfPipes = (ask: ExecAsk, close: () => void): { settled: () => void } => {
  const timers = [setTimeout(close, usable(ask.limit) + 1.5 * patience)];
  const onAbort = (): void => void timers.push(setTimeout(close, 1.5 * patience));
  ask.signal?.addEventListener("abort", onAbort, { once: true });
  return {
    settled: () => {
      for (const timer of timers) clearTimeout(timer);
      ask.signal?.removeEventListener("abort", onAbort);
    },
  };
};
