/** Totals of a test run; of the skipped tests their full titles, which say why. */
export type Totals = { passed: number; failed: number; skipped: readonly string[] };

/** What a run ends with: the skipped tests, then `N passed, N failed, N skipped`. */
export const summary = ({ passed, failed, skipped }: Totals): string =>
  [
    ...skipped.map((title) => `skipped: ${title}`),
    `${passed} passed, ${failed} failed, ${skipped.length} skipped`,
  ].join("\n");

/**
 * Why a run of mocha is a failure although it counted none: it did not end well, or it ran nothing. In parallel mode that is
 * all one hears of a test file that cannot be loaded, or of a worker that was killed.
 */
export const unexplainedFailure = (
  { passed, failed }: Pick<Totals, "passed" | "failed">,
  exitCode: number | undefined,
  signal: string | undefined,
): string | undefined => {
  if (failed > 0) return undefined;
  if (signal !== undefined) return `mocha was ended by ${signal}`;
  if (exitCode !== 0) return `mocha ended with exit code ${exitCode}, although no test failed`;
  return passed === 0 ? "no test was run" : undefined;
};
