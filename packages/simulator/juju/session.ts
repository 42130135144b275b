import type { LogLine } from "./client.ts";
import { type Dial, dialTimeout, fail, unreachable } from "./failure.ts";
import { behaviourOf } from "./faults.ts";
import { accessOf, grantOf, isSuperuser } from "./grants.ts";
import type { Simulation } from "./reap.ts";
import type { JujuFault } from "./scenario.ts";
import type { Model } from "./state.ts";
import type { ClientStore } from "./store.ts";

/** One run of the client: what it reads and writes, and the controller that it may talk to. */
export type Session = {
  readonly simulation: Simulation;
  readonly store: ClientStore;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** All of stdin, empty when there is none. */
  readonly stdin: string;
  /** Waits for a line on stdin, or for its end. */
  readonly readStdin: () => Promise<void>;
  /** What the client writes when it is interrupted from now on, before it ends with exit code 1. */
  readonly onInterrupt: (text: string) => void;
  /** Writes a line of the client's log, if it was asked for. */
  readonly log: (line: LogLine, text: string) => void;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** The fault that this run suffers, if any. */
  readonly fault: JujuFault | undefined;
};

/** Waits while the controller cannot be reached: silently, and no longer than the client dials. */
const waitUntilReachable = async ({ simulation, signal }: Session, dial: Dial): Promise<void> => {
  const { clock, state } = simulation;
  const away = state.awayUntil - clock.now();
  if (away <= 0) return;
  await clock.sleep(Math.min(away, dialTimeout), signal);
  if (away > dialTimeout) unreachable(dial);
};

/**
 * Connects to the controller and logs in, as every command does that is not only about local files.
 *
 * @param controller as the client's store names it
 * @param prefix what the command puts before the reason
 * @returns the user who is logged in
 */
export const connect = async (session: Session, controller: string, prefix = ""): Promise<string> => {
  const { fault, store, simulation } = session;
  const account = store.account(controller);
  const user = account?.user ?? "";
  const endpoint = store.controllers().controllers[controller]?.["api-endpoints"][0] ?? "";
  const dial: Dial = { controller, endpoint, user, prefix };
  await behaviourOf(fault).connect?.(session, dial);
  await waitUntilReachable(session, dial);
  session.log("connecting", `connecting to API addresses: [${endpoint}]`);
  session.log("connected", `connection established to "wss://${endpoint}/api"`);
  const { scenario } = simulation.state;
  const wrong = account?.password !== undefined && account.password !== scenario.password;
  if (wrong) fail(`${prefix}invalid entity name or password (unauthorized access)`);
  if (accessOf(scenario, user) === "none" && prefix === "") fail("permission denied (unauthorized access)");
  return user;
};

/**
 * The models that a user may see, in the order in which the controller lists them: those with an explicit grant to the
 * user, for superusers too; with `all`, a superuser's list is that of all models.
 */
export const visibleModels = ({ simulation }: Session, user: string, all = false): Model[] => {
  const { models, scenario } = simulation.state;
  return [...models.values()].filter(
    (model) =>
      (scenario.listsItself || !model.isController) &&
      ((all && isSuperuser(scenario, user)) || grantOf(scenario, model, user) !== undefined),
  );
};

/** Brings the client's list of models up to date. The current model stays, even when it is gone. */
export const refreshModels = (session: Session, controller: string, models: readonly Model[]): void =>
  session.store.setModels(
    controller,
    Object.fromEntries(models.map(({ owner, name, uuid }) => [`${owner}/${name}`, { uuid, type: "iaas" }])),
  );
