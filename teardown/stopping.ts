import { sayDuration } from "./config/duration.ts";
import type { Context } from "./context.ts";
import { TeardownError } from "./errors.ts";

/** Why waiting has ended (the signal itself is components/operation.ts's): what a destroy's signal is aborted with. `after` in ms. */
export type StopReason = { why: "cancelled" } | { why: "engine-gone" } | { why: "deadline"; after: number };

const isReason = (reason: unknown): reason is StopReason =>
  typeof reason === "object" && reason !== null && "why" in reason;

/** The reason of an aborted signal; undefined when nobody of ours aborted it. */
export const stopReason = ({ reason }: AbortSignal): StopReason | undefined =>
  isReason(reason) ? reason : undefined;

/** Why waiting has ended, for the operator. */
export const whyStopped = (signal: AbortSignal): string => {
  const reason = stopReason(signal);
  switch (reason?.why) {
    case "cancelled":
      return "cancelled by the operator";
    case "engine-gone":
      return "the Pulumi engine is gone";
    case "deadline":
      return `the deadline of ${sayDuration(reason.after)} has passed`;
    case undefined:
      return "the operation was stopped";
  }
};

/**
 * The error of a wait that was ended from outside.
 *
 * @param goesOn what goes on in the lab without us, as a sentence
 * @param advice further lines
 */
export const stopped = (
  context: Pick<Context, "signal">,
  goesOn: string,
  advice: string[] = [],
): TeardownError => {
  const why = stopReason(context.signal)?.why;
  // An engine that died leaves its lock behind.
  const unlock = why === "engine-gone" ? "pulumi cancel --yes && " : "";
  return new TeardownError(
    why === "deadline" ? "deadline" : "interrupted",
    [
      `${whyStopped(context.signal)}; ${goesOn}`,
      ...advice,
      `Nothing is lost: ${unlock}pulumi destroy   # continues where this one stopped`,
      ...(why === "deadline" ? ["More time: pulumi destroy -c deadline=<for example 2h>"] : []),
    ].join("\n"),
  );
};

/** @throws TeardownError when waiting was ended from outside */
export const throwIfStopped = (context: Pick<Context, "signal">, goesOn: string): void => {
  if (context.signal.aborted) throw stopped(context, goesOn);
};
