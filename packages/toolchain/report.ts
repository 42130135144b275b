/** Says what goes on; one line each. */
export type Report = (line: string) => void;

/** Lines on standard error, so that standard output holds results only. */
export const reportToTerminal: Report = (line) => void process.stderr.write(`toolchain: ${line}\n`);

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
