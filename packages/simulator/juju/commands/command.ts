import type { Flags, Parsed } from "../flags.ts";
import type { Session } from "../session.ts";

/** One juju command. */
export type Command = {
  readonly flags: Flags;
  /** Flags that the real command has and this stand-in refuses by name. */
  readonly unsupported?: Flags;
  /** The format when none is asked for; a failing run prints `{}` when it is, or was asked to be, YAML or JSON. */
  readonly defaultFormat?: "yaml" | "tabular";
  /** Runs it; returns the exit code. Throws Failure. */
  readonly run: (session: Session, parsed: Parsed) => number | Promise<number>;
};
