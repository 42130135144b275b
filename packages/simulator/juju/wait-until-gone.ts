import { waitForever } from "./failure.ts";
import { behaviourOf, lostConnection } from "./faults.ts";
import type { Session } from "./session.ts";
import type { Model } from "./state.ts";

/** The client polls after 10 ms, then after twice as long each time, up to 2 s (juju.md 1). */
const firstPoll = 10;
const longestPoll = 2000;
const lineWidth = 80;

/** What is left, as the client counts it. */
const counted = ({ machines, applications, volumes }: Model): string[] => [
  ...(machines.length > 0 ? [`${machines.length} machine(s)`] : []),
  ...(applications.length > 0 ? [`${applications.length} application(s)`] : []),
  ...(volumes > 0 ? [`${volumes} volume(s)`] : []),
];

const progress = (model: Model): string =>
  [
    "Waiting for model to be removed",
    ...(model.errors > 0 ? [`${model.errors} error(s)`] : []),
    ...counted(model),
  ].join(", ");

/** What the client writes when it is interrupted; from Juju's source, recorded where nothing was left. */
export const interrupted = (left?: Model): string => {
  const list = left ? counted(left).map((one) => `\n - ${one}`) : [];
  const head = list.length > 0 ? "\nThe following resources have not yet been removed:" : "";
  return `\n\ndestroy model is still running in the background...${head}${list.join("")}\n`;
};

/**
 * Polls until the controller no longer knows the model, writing what is left: a dot for each poll that finds
 * nothing new, a new line when something changed or the line is full. A poll that fails for another reason ends it,
 * and the exit code is 0 all the same.
 */
export const waitUntilGone = async (session: Session, model: Model): Promise<void> => {
  const { stderr, simulation, signal, fault } = session;
  const { poll: failure, neverAsks = false } = behaviourOf(fault);
  const answered = neverAsks ? 0 : (fault?.after ?? 0);
  let reported = "";
  let column = 0;
  let wait = firstPoll;
  for (let poll = 0; ; poll += 1) {
    await simulation.clock.sleep(wait, signal);
    wait = Math.min(wait * 2, longestPoll);
    if (failure === null && poll >= answered) await waitForever(signal);
    const away = simulation.state.awayUntil > simulation.clock.now();
    const lost = away ? lostConnection : failure && poll >= answered ? (fault?.text ?? failure) : undefined;
    if (lost) {
      stderr(`Unable to get the model status from the API: ${lost}.\n`);
      return;
    }
    if (!simulation.state.models.has(model.uuid)) break;
    session.onInterrupt(interrupted(model));
    const text = progress(model);
    if (text !== reported) {
      stderr(`\n${text}...`);
      reported = text;
      column = text.length + 3;
    } else {
      if (column >= lineWidth) stderr("\n");
      column = column >= lineWidth ? 1 : column + 1;
      stderr(".");
    }
  }
  stderr("\nModel destroyed.\n");
};
