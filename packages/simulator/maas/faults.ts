import { answers } from "./answers.ts";
import type { Machine } from "./machine.ts";
import { note, type Region } from "./region.ts";
import type { Reply } from "./reply.ts";
import type { MachineFault } from "./scenario.ts";

/** How a power-off that MAAS waits for ended: an answer when it failed. */
export type PowerOff = { readonly failed?: Reply };

/** What a fault does to a machine's next release or erasure; a hook that is not there changes nothing. */
type Behaviour = {
  /** The answer to a release, at once, before anything changed. */
  readonly refuses?: (machine: Machine) => Reply;
  /** What the client gets in place of the answer, while MAAS goes on: nothing, a reset, or a proxy's answer. */
  readonly wire?: "hang" | "reset" | (() => Reply);
  /** What becomes of the power-off, which then does not happen; `fallBack` gives the machine its old status back. */
  readonly powerOff?: (region: Region, machine: Machine, fallBack: () => void) => PowerOff;
  /** True: the power does not go on either. */
  readonly ignoresPower?: boolean;
  /** True: the power goes off `after` so long only, although MAAS has answered. */
  readonly powerLater?: boolean;
  /** How a release ends when the power is off: the machine is deleted, or somebody takes it. */
  readonly end?: "vanishes" | "taken";
  /** How an erasure ends: with a failure, or never. */
  readonly erase?: "fails" | "never";
};

/**
 * What can happen to a machine's release or erasure. A new kind of fault is an entry here and a row in the README; what comes
 * of a power-off was recorded, of the texts in `answers.ts` some.
 */
export const machineFaults = {
  "power-fails-500": {
    powerOff: (region, machine, fallBack) => {
      const failed = answers.powerOffFailed();
      fallBack();
      note(region, machine, { level: "DEBUG", type: "Failed to power off node", description: failed.body });
      return { failed };
    },
  },
  "no-rack-503": {
    powerOff: (region, machine, fallBack) => {
      const failed = answers.noRack(machine.hostname);
      fallBack();
      const type = "Failed to query node's BMC";
      machine.powerState = "unknown";
      note(region, machine, { level: "WARNING", type, description: `(juju) - ${failed.body}`, action: type });
      return { failed };
    },
  },
  "never-off": { powerOff: () => ({}), ignoresPower: true },
  "slow-off": { powerLater: true },
  "conflict-retry": { refuses: answers.conflict },
  "state-409": { refuses: ({ status }) => answers.notReleasable(status) },
  "no-connections-503": { refuses: answers.noConnections },
  "gateway-504": { wire: answers.gatewayTimeout },
  hang: { wire: "hang" },
  reset: { wire: "reset" },
  vanishes: { end: "vanishes" },
  taken: { end: "taken" },
  "erase-fails": { erase: "fails" },
  "never-erased": { erase: "never" },
} satisfies Readonly<Record<string, Behaviour>>;

export type MachineFaultKind = keyof typeof machineFaults;

/** The names of all faults: TypeScript does not know that there are no others. */
export const machineFaultKinds = Object.keys(machineFaults) as MachineFaultKind[];

type Taken<Hook extends keyof Behaviour> = {
  readonly does: NonNullable<Behaviour[Hook]>;
  readonly fault: MachineFault;
};

/** The machine's next fault that has a hook, if the scenario has one left. */
const nextFault = <Hook extends keyof Behaviour>(machine: Machine, hook: Hook): Taken<Hook> | undefined => {
  for (const fault of machine.faults) {
    const behaviour: Behaviour = machineFaults[fault.answer];
    const does = behaviour[hook];
    if (fault.times > 0 && does) return { does, fault };
  }
  return undefined;
};

/** Takes that fault: it counts as one hit. */
export const takeFault = <Hook extends keyof Behaviour>(
  machine: Machine,
  hook: Hook,
): Taken<Hook> | undefined => {
  const next = nextFault(machine, hook);
  if (next) next.fault.times -= 1;
  return next;
};

/** Whether the power of a machine does what it is told. */
export const powerObeys = (machine: Machine): boolean => nextFault(machine, "ignoresPower") === undefined;
