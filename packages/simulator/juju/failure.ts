/** A call of the client that ends with `ERROR message` on stderr. */
export type Failure = Error & { readonly exitCode: number };

/** The exit codes of juju: 2 for arguments and what is resolved before the run, 1 for the run itself. */
export const usageError = 2;
export const runError = 1;

/** Ends the call: `ERROR message` on stderr, and, for exit code 1, `{}` on stdout in the machine formats. */
export const fail = (message: string, exitCode: number = runError): never => {
  throw Object.assign(new Error(message), { exitCode });
};

export const isFailure = (thrown: unknown): thrown is Failure =>
  thrown instanceof Error && "exitCode" in thrown && typeof thrown.exitCode === "number";

/** A login in the making: where, as whom, and what the command puts before the reason when it fails. */
export type Dial = {
  readonly controller: string;
  readonly endpoint: string;
  readonly user: string;
  readonly prefix: string;
};

/** How long the real client dials an unreachable controller before it says anything, ms (juju.md 3). */
export const dialTimeout = 598_000;

export const unreachable = ({ prefix, endpoint }: Dial): never =>
  fail(`${prefix}unable to connect to API: dial tcp ${endpoint}: connect: connection refused`);

/** Waits until the client is gone. */
export const waitForever = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
