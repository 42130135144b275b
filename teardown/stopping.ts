import { sayDuration } from "./config/duration.ts";
import type { Context } from "./context.ts";
import { TeardownError } from "./errors.ts";

/** Why waiting has ended, in the words that the signal was aborted with. */
export const whyStopped = (signal: AbortSignal): string =>
  typeof signal.reason === "string" ? signal.reason : "the operation was stopped";

/** Marks an abort as the deadline's, so that it is told apart from an operator's cancel. */
export const deadlineReason = (ms: number): string => `the deadline of ${sayDuration(ms)} has passed`;

/**
 * The error of a wait that was ended from outside.
 *
 * @param goesOn what goes on in the lab without us, as a sentence
 */
export const stopped = (context: Context, goesOn: string): TeardownError => {
  const why = whyStopped(context.signal);
  const late = why.startsWith("the deadline");
  // An engine that died leaves its lock behind.
  const unlock = why.includes("engine is gone") ? "pulumi cancel --yes && " : "";
  return new TeardownError(
    late ? "deadline" : "interrupted",
    `${why}; ${goesOn}\nNothing is lost: ${unlock}pulumi destroy   # takes up where this one stopped${late ? "\nMore time: pulumi destroy -c deadline=<for example 2h>" : ""}`,
  );
};

/** @throws TeardownError when waiting was ended from outside */
export const throwIfStopped = (context: Context, goesOn: string): void => {
  if (context.signal.aborted) throw stopped(context, goesOn);
};
