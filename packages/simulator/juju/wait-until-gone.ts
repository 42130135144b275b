import { never, type Session } from "./session.ts";
import type { Model } from "./state.ts";

/** The client polls after 10 ms, then after twice as long each time, up to 2 s (juju.md 1). */
const firstPoll = 10;
const longestPoll = 2000;
const lineWidth = 80;

/** What is left, as the client words it. */
const progress = ({ errors, machines, applications, volumes }: Model): string =>
  [
    "Waiting for model to be removed",
    ...(errors > 0 ? [`${errors} error(s)`] : []),
    ...(machines.length > 0 ? [`${machines.length} machine(s)`] : []),
    ...(applications.length > 0 ? [`${applications.length} application(s)`] : []),
    ...(volumes > 0 ? [`${volumes} volume(s)`] : []),
  ].join(", ");

/** How a poll that is neither an answer nor "not found" ends the wait: the exit code is 0 all the same. */
const pollFailures: Readonly<Record<string, string>> = {
  "poll-drops": "connection is shut down",
  "poll-error": "unexpected: state pool is closed",
  "rc0-lies": "connection is shut down",
};

/**
 * Polls until the controller no longer knows the model, writing what is left: a dot for each poll that finds
 * nothing new, a new line when something changed or the line is full.
 */
export const waitUntilGone = async (session: Session, model: Model, onNewLine: boolean): Promise<void> => {
  const { stderr, world, signal, fault } = session;
  const failure = fault && pollFailures[fault.kind];
  const answered = fault?.kind === "rc0-lies" ? 0 : (fault?.after ?? 0);
  let reported = "";
  let column = 0;
  let wait = firstPoll;
  for (let poll = 0; ; poll += 1) {
    await world.clock.sleep(wait, signal);
    wait = Math.min(wait * 2, longestPoll);
    if (fault?.kind === "goes-silent" && poll >= answered) await never(signal);
    if (failure && poll >= answered) {
      stderr(`Unable to get the model status from the API: ${failure}.\n`);
      return;
    }
    if (!world.state.models.has(model.uuid)) break;
    const text = progress(model);
    if (text !== reported) {
      stderr(`${reported || !onNewLine ? "\n" : ""}${text}...`);
      reported = text;
      column = text.length + 3;
    } else {
      if (column >= lineWidth) stderr("\n");
      column = column >= lineWidth ? 1 : column + 1;
      stderr(".");
    }
  }
  stderr(`${reported || !onNewLine ? "\n" : ""}Model destroyed.\n`);
};
