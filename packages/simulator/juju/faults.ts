import { type Dial, dialTimeout, fail, unreachable, waitForever } from "./failure.ts";
import type { JujuFault } from "./scenario.ts";
import type { Session } from "./session.ts";
import type { Model } from "./state.ts";

/** What a fault does to a run of the client; a hook that is not there changes nothing. */
type Behaviour = {
  /** When the process starts. */
  readonly start?: (session: Session) => void;
  /** In place of the login: it may fail, or never come back. */
  readonly connect?: (session: Session, dial: Dial) => Promise<void> | void;
  /** What is printed on stdout in place of all that would be. */
  readonly stdout?: (text: string) => string;
  /** What `juju models` leaves out of its list. */
  readonly hides?: (model: Model) => boolean;
  /** True: destroy-model never asks the controller, and its first poll fails already. */
  readonly neverAsks?: boolean;
  /** How the poll fails that destroy-model makes after `after` answered ones; null when it never comes back. */
  readonly poll?: string | null;
};

/** What a call ends with when its connection breaks. */
export const lostConnection = "connection is shut down";

const noise = `update.go:85: cannot change mount namespace according to change mount (/run/user/1000/doc/by-app/snap.juju /run/user/1000/doc none bind,rw,x-snapd.ignore-missing 0 0): cannot inspect "/run/user/1000/doc": lstat /run/user/1000/doc: permission denied
bash: warning: setlocale: LC_ALL: cannot change locale (en_US.UTF-8)
`;

/**
 * What can happen to a call of the juju client, whatever the controller's state is. A new kind of fault is an entry here and
 * a row in the README.
 */
export const jujuFaults = {
  "poll-drops": { poll: lostConnection },
  "poll-error": { poll: "unexpected: state pool is closed" },
  "goes-silent": { poll: null },
  "rc0-lies": { poll: lostConnection, neverAsks: true, hides: ({ isController }) => !isController },
  "rc1-empty": { connect: (_, { prefix }) => fail(`${prefix}${lostConnection}`) },
  hang: { connect: ({ signal }) => waitForever(signal) },
  garbage: { stdout: (text) => text.slice(0, Math.ceil(text.length / 3)) },
  silent: {
    connect: async ({ simulation, signal }, dial) => {
      await simulation.clock.sleep(dialTimeout, signal);
      unreachable(dial);
    },
  },
  unauthorized: {
    connect: (_, { prefix }) => fail(`${prefix}invalid entity name or password (unauthorized access)`),
  },
  // What follows the prompt is composed; the prompt itself, and that it waits, was seen.
  "login-expired": {
    connect: async (session, { prefix, user, controller }) => {
      session.stderr(`please enter password for ${user} on ${controller}: `);
      await session.readStdin();
      session.stderr("\n");
      fail(`${prefix}invalid entity name or password (unauthorized access)`);
    },
  },
  "no-discharge": {
    connect: (_, { prefix }) =>
      fail(`${prefix}cannot get discharge from "https://login.example.com/auth": EOF`),
  },
  noise: { start: ({ fault, stderr }) => stderr(fault?.text ?? noise) },
} satisfies Readonly<Record<string, Behaviour>>;

export type JujuFaultKind = keyof typeof jujuFaults;

/** The names of all faults: TypeScript does not know that there are no others. */
export const jujuFaultKinds = Object.keys(jujuFaults) as JujuFaultKind[];

/** What a run's fault does; nothing when it has none. */
export const behaviourOf = (fault: JujuFault | undefined): Behaviour => (fault ? jujuFaults[fault.kind] : {});

/** Commands that read local files alone: `*` does not hit them. */
export const readsFilesOnly: ReadonlySet<string> = new Set([
  "whoami",
  "version",
  "--version",
  "controllers",
  "list-controllers",
]);

/** The fault that a call suffers, counted down; a fault that is used up leaves the list. */
export const takeFault = (faults: JujuFault[], command: string): JujuFault | undefined => {
  const index = faults.findIndex(
    (fault) => fault.command === command || (fault.command === "*" && !readsFilesOnly.has(command)),
  );
  const fault = faults[index];
  if (!fault) return undefined;
  fault.times -= 1;
  if (fault.times <= 0) faults.splice(index, 1);
  return fault;
};
