/** What went wrong, as a word that scripts and tests can rely on. */
export const errorCodes = [
  "config", // the stack's configuration cannot be used
  "refused", // a guard, or the way in which Pulumi called us, forbids it
  "missing", // something that must be there is not
  "capture", // the backup could not be taken or verified
  "snapshot", // the operator's own snapshot was not made
  "juju", // the juju client failed
  "maas", // MAAS failed or answered something we cannot use
  "machine", // a machine did not become Ready
  "model", // the model did not go away
  "exit-criteria", // fresh reads do not meet the exit criteria
  "deadline", // time ran out
  "interrupted", // the engine asked us to stop, or died
  "run", // the run directory cannot be used
  "unexpected", // a defect of ours
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/**
 * The one error of this project. `message` is written for the operator: what was found, what was expected,
 * what is untouched, and the command to run next. It may have several lines and never holds a secret.
 */
export class TeardownError extends Error {
  override readonly name = "TeardownError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
