import { type ChildProcess, spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { endWithUs } from "./end-with-us.ts";

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
  /** Whether the program is to be stopped when this process dies without a word (SIGKILL). */
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

/** Timers take no more than 2^31 - 1 ms, and 0 would mean: at once. */
const usable = (limit: number): number => Math.min(Math.max(Math.ceil(limit), 1), 2_000_000_000);

/** After SIGTERM the group has so long until SIGKILL, and its pipes as long again until they are given up. In ms. */
const patience = 2000;

const killGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It is gone.
  }
};

/** What a stream has brought so far, at most so many bytes. */
const collector = (maxBytes: number): { add: (piece: Buffer) => boolean; text: () => string } => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  return {
    /** @returns whether all of it was kept */
    add: (piece) => {
      const kept = piece.subarray(0, Math.max(0, maxBytes - bytes));
      bytes += kept.length;
      pieces.push(kept);
      return kept.length === piece.length;
    },
    text: () => Buffer.concat(pieces).toString("utf8"),
  };
};

const never = (end: ExecEnd, problem: string): ExecAnswer => ({
  end,
  code: undefined,
  stdout: "",
  stderr: "",
  problem,
});

/**
 * In a process group of its own that is killed as a whole: first SIGTERM, then SIGKILL. A descendant that left the group
 * with our pipes open cannot keep us waiting: then the answer comes without the rest of the output. On Node's own `spawn`:
 * a library for this took a tenth of a second to load, in each of a destroy's three processes.
 */
export const execProgram: Exec = (ask) =>
  new Promise((resolve) => {
    if (ask.signal?.aborted) return resolve(never("aborted", ""));
    let child: ReturnType<typeof start>;
    try {
      child = start(ask);
    } catch (error) {
      return resolve(never("not-started", (error as Error).message));
    }
    const letGo = endWithUs(child.pid);
    const stdout = collector(ask.maxBytes);
    const stderr = collector(ask.maxBytes);
    const timers: NodeJS.Timeout[] = [];
    let why: ExecEnd | undefined;
    const stop = (end: ExecEnd): void => {
      if (why) return;
      why = end;
      killGroup(child, "SIGTERM");
      // Also when juju itself ends before: a child of its own may go on.
      setTimeout(() => killGroup(child, "SIGKILL"), patience).unref();
      const givingUp = (): void => {
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
      };
      timers.push(setTimeout(givingUp, 2 * patience));
    };
    const onAbort = (): void => stop("aborted");
    const settle = (answer: ExecAnswer): void => {
      for (const timer of timers) clearTimeout(timer);
      ask.signal?.removeEventListener("abort", onAbort);
      letGo();
      resolve(answer);
    };
    ask.signal?.addEventListener("abort", onAbort, { once: true });
    timers.push(setTimeout(() => stop("limit"), usable(ask.limit)));
    child.stdout.on("data", (piece: Buffer) => {
      if (!stdout.add(piece)) stop("too-much");
    });
    const decoder = new StringDecoder("utf8");
    child.stderr.on("data", (piece: Buffer) => {
      if (!stderr.add(piece)) stop("too-much");
      ask.onStderr?.(decoder.write(piece));
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined)
        settle(never(error.code === "ENOENT" ? "no-binary" : "not-started", error.message));
    });
    child.once("close", (code, signal) => {
      if (child.pid === undefined) return;
      const end = why ?? (signal ? "killed" : "exited");
      settle({
        end,
        code: code ?? undefined,
        stdout: stdout.text(),
        stderr: stderr.text(),
        problem: end === "killed" ? (signal ?? "") : "",
      });
    });
  });

const start = ({ binary, args, env }: ExecAsk) =>
  spawn(binary, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
