import { fail } from "./failure.ts";
import type { World } from "./reap.ts";
import type { JujuFault } from "./scenario.ts";
import type { Model } from "./state.ts";
import type { ClientStore } from "./store.ts";

/** One run of the client: what it reads and writes, and the controller that it may talk to. */
export type Session = {
  readonly world: World;
  readonly store: ClientStore;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** All of stdin, empty when there is none. */
  readonly stdin: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** The fault that this run suffers, if any. */
  readonly fault: JujuFault | undefined;
};

/** How long the real client dials an unreachable controller before it says anything, ms (juju.md 3). */
export const dialTimeout = 598_000;

/** Waits until the client is gone. */
export const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/**
 * Connects to the controller and logs in, as every command does that is not only about local files.
 *
 * @param controller as the client's store names it
 * @param prefix what the command puts before the reason
 */
export const connect = async (session: Session, controller: string, prefix = ""): Promise<void> => {
  const { fault, store, world, signal } = session;
  const { clock, state } = world;
  const endpoint = store.controllers().controllers[controller]?.["api-endpoints"][0] ?? "";
  if (fault?.kind === "hang") await never(signal);
  if (fault?.kind === "silent") {
    await clock.sleep(dialTimeout, signal);
    fail(`${prefix}unable to connect to API: dial tcp ${endpoint}: connect: connection refused`);
  }
  if (fault?.kind === "rc1-empty") fail(`${prefix}connection is shut down`);
  const password = store.account(controller)?.password;
  const wrong = password !== undefined && password !== state.scenario.password;
  if (wrong || fault?.kind === "unauthorized")
    fail(`${prefix}invalid entity name or password (unauthorized access)`);
};

/** The models that the user may see, in the order in which the controller lists them. */
export const visibleModels = ({ world }: Session): Model[] => {
  const { models, scenario } = world.state;
  return [...models.values()].filter(({ isController }) => scenario.listsItself || !isController);
};

/** Brings the client's list of models up to date. The current model stays, even when it is gone. */
export const refreshModels = (session: Session, controller: string): void =>
  session.store.setModels(
    controller,
    Object.fromEntries(
      visibleModels(session).map(({ owner, name, uuid }) => [`${owner}/${name}`, { uuid, type: "iaas" }]),
    ),
  );
