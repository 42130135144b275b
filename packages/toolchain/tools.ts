/** What the toolchain cannot do; the message says what is missing and what to type. */
export class ToolchainError extends Error {
  override readonly name = "ToolchainError";
}

/** Ends the program with the message of a ToolchainError; what is thrown else is an internal error and keeps its trace. */
export const endWithMessage = (error: unknown): never => {
  if (!(error instanceof ToolchainError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
};

/** Says what goes on; one line each. */
export type Report = (line: string) => void;

/** Lines on standard error, so that standard output holds results only. */
export const reportToTerminal: Report = (line) => void process.stderr.write(`toolchain: ${line}\n`);

/** What a set-up works with; tests put their own in. */
export type SetupTools = {
  env: NodeJS.ProcessEnv;
  report: Report;
  sleep: (milliseconds: number) => Promise<void>;
  now: () => Date;
  /** Downloads the official CLI; its version and the folder to put it into are added as arguments. */
  installer: readonly [string, ...string[]];
  /** Try downloads again that failed before. */
  retry: boolean;
};

/**
 * Reports `line(elapsed seconds)` every three seconds until `work` is done.
 *
 * @returns what `work` returns
 */
export const withProgress = async <T>(
  report: Report,
  line: (seconds: number) => string,
  work: Promise<T>,
): Promise<T> => {
  const started = performance.now();
  const timer = setInterval(() => report(line(Math.round((performance.now() - started) / 1000))), 3000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
};
