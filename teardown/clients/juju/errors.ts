import { TeardownError } from "../../errors.ts";
import { errorKinds } from "../error-kinds.ts";

/** What is wrong between us and Juju, for callers that must tell a missing login from a busy controller. */
export type JujuErrorKind =
  | "missing-binary" // there is no juju to run
  | "no-controller" // no controller, or not the one asked for, or none selected
  | "not-logged-in"
  | "unauthorized" // the controller does not take the password
  | "forbidden" // the user may not do this
  | "unreachable" // juju gave up connecting, or the connection broke
  | "timeout" // juju did not end within our limit (an unreachable controller is silent for 598 s)
  | "not-found" // the model is not there
  | "blocked" // `juju disable-command`
  | "storage" // the model has storage and no flag says what to do with it
  | "bad-answer" // exit 0, but not with what juju prints
  | "failed" // anything else that juju reports
  | "interrupted"; // we were told to stop

const kinds = errorKinds<JujuErrorKind>();

/** The kind of an error of the Juju client; `undefined` for anything else. */
export const jujuErrorKind: (error: unknown) => JujuErrorKind | undefined = kinds.kindOf;

export const jujuError = (kind: JujuErrorKind, message: string, cause?: unknown): TeardownError =>
  kinds.mark(
    new TeardownError(
      kind === "interrupted" ? "interrupted" : "juju",
      message,
      cause === undefined ? undefined : { cause },
    ),
    kind,
  );
