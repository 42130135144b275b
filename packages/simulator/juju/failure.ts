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
