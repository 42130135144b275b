import { jujuProblem, silence as jujuSilence } from "./clients/juju.ts";
import { awayReason } from "./clients/maas.ts";
import type { Context } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { timeOfDay } from "./progress.ts";
import { isDestructive } from "./run/journal.ts";
import type { Run } from "./run/run-directory.ts";
import { throwIfStopped } from "./stopping.ts";

/** An outage of MAAS or Juju, as one row lives through it. */
export type Outage = {
  /**
   * Makes a call until it is answered.
   *
   * @throws whatever the call throws that is no outage, and an outage while the run has destroyed nothing; TeardownError
   *   `deadline` or `interrupted`
   */
  through: <Value>(call: () => Promise<Value>) => Promise<Value>;
  /** Waits a moment after a call that must not be repeated without another look. @throws as `through` */
  pause: (error: unknown) => Promise<void>;
};

const beforeAskingAgain = 3_000;

const silence = (error: unknown): { who: "MAAS" | "Juju"; reason: string } | undefined => {
  const maas = awayReason(error);
  if (maas !== undefined) return { who: "MAAS", reason: maas };
  const problem = jujuProblem(error);
  const juju = problem && jujuSilence(problem);
  return juju === undefined ? undefined : { who: "Juju", reason: juju };
};

/** "MAAS does not answer since 17:02:11Z: connection refused; waiting"; undefined when an error is no outage. */
export const sayOutage = (error: unknown, since: number): string | undefined => {
  const seen = silence(error);
  return seen && `${seen.who} does not answer since ${timeOfDay(since)}: ${seen.reason}; waiting`;
};

// What one row has said already, the others only refer to.
const refusals = new WeakSet<Context>();

const untouched = (context: Context, error: Error): TeardownError => {
  const code = error instanceof TeardownError ? error.code : "unexpected";
  if (refusals.has(context))
    return new TeardownError(code, "it does not answer, as another row says; nothing was touched");
  refusals.add(context);
  return new TeardownError(code, `${error.message}\nNothing was touched. When it answers: pulumi destroy`, {
    cause: error,
  });
};

/**
 * How a row goes through outages: once this run has destroyed something they are waited for until the deadline, and the row says
 * so; before that they end the destroy.
 *
 * @param goesOn what goes on in the lab without us, as a sentence
 */
export const outageOf = (
  context: Context,
  run: Run,
  note: (text: string) => void,
  goesOn: string,
): Outage => {
  const { clock, signal } = context;
  let since: number | undefined;
  const wait = async (error: unknown, began: number): Promise<void> => {
    throwIfStopped(context, goesOn);
    const said = sayOutage(error, since ?? began);
    if (said === undefined || !(error instanceof Error)) throw error;
    if (!isDestructive(run.journal.events())) throw untouched(context, error);
    since ??= began;
    note(said);
    await clock.sleep(beforeAskingAgain, signal);
    throwIfStopped(context, goesOn);
  };
  return {
    pause: (error) => wait(error, clock.now()),
    through: async (call) => {
      for (;;) {
        const began = clock.now();
        try {
          const value = await call();
          if (since !== undefined) note("");
          since = undefined;
          return value;
        } catch (error) {
          await wait(error, began);
        }
      }
    },
  };
};
