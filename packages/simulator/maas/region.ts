import type { Clock } from "../clock.ts";
import { stableToken } from "../identity.ts";
import type { Scenario } from "../scenario.ts";
import type { MachineEvent } from "./events.ts";
import { type Flavour, flavourOf } from "./flavour.ts";
import { type Machine, newMachine } from "./machine.ts";
import type { MaasScenario } from "./scenario.ts";
import type { StatusName } from "./statuses.ts";

/** A user of MAAS with the three parts of the API key. */
export type User = {
  readonly name: string;
  readonly superuser: boolean;
  readonly consumer: string;
  readonly token: string;
  readonly secret: string;
};

/** The simulated region: everything that the API reads and changes. */
export type Region = {
  readonly clock: Clock;
  readonly settings: MaasScenario;
  readonly flavour: Flavour;
  readonly users: readonly User[];
  /** By system_id, in the order of their making. */
  readonly machines: Map<string, Machine>;
  readonly events: MachineEvent[];
  /** ms by which the region's clock is ahead of its clients'. */
  clockAhead: number;
  /** Lab time until which nobody can reach the region, Juju's controller neither. */
  awayUntil: number;
  /** Called when the first release begins, for faults that count from there. */
  readonly onRelease: (() => void)[];
};

/** `consumer:token:secret` of a user, the default being always the same for the same name. */
export const defaultKey = (name: string): string =>
  [
    stableToken(`${name} consumer`, 18),
    stableToken(`${name} token`, 18),
    stableToken(`${name} secret`, 32),
  ].join(":");

const userOf = ({ name, superuser, key }: MaasScenario["users"][number]): User => {
  const [consumer = "", token = "", secret = ""] = (key ?? defaultKey(name)).split(":");
  return { name, superuser, consumer, token, secret };
};

/** The key of a user as the `maas` CLI shows it. */
export const keyOf = ({ consumer, token, secret }: User): string => `${consumer}:${token}:${secret}`;

export const createRegion = (clock: Clock, scenario: Scenario): Region => ({
  clock,
  settings: scenario.maas,
  flavour: flavourOf(scenario.maas.version),
  users: scenario.maas.users.map(userOf),
  machines: new Map(
    scenario.machines.map((machine, index) => [machine.systemId, newMachine(machine, index + 1)]),
  ),
  events: [],
  clockAhead: 0,
  awayUntil: 0,
  onRelease: [],
});

/** Status events also show in a machine's `status_message`. */
const isStatusEvent = (level: MachineEvent["level"]): boolean => level !== "DEBUG" && level !== "AUDIT";

/** Records an event of a machine. */
export const note = (
  region: Region,
  machine: Machine,
  event: Pick<MachineEvent, "level" | "type"> & { description?: string; username?: string; action?: string },
): void => {
  const { level, type, description = "", username = "unknown", action = "" } = event;
  const { systemId, hostname } = machine;
  const id = region.events.length + 1;
  region.events.push({
    id,
    systemId,
    hostname,
    username,
    level,
    type,
    description,
    created: region.clock.now(),
  });
  if (!isStatusEvent(level)) return;
  machine.statusMessage = description ? `${type} - ${description}` : type;
  machine.statusAction = action;
};

/** What MAAS does with a machine whose operation failed or took too long; its owner stays. */
export const markFailed = (region: Region, machine: Machine, status: StatusName, reason: string): void => {
  machine.errorDescription = reason;
  note(region, machine, {
    level: "ERROR",
    type: "Marking node failed",
    description: reason,
    action: "mark_failed",
  });
  setStatus(region, machine, status);
};

/** Moves a machine to another status, with MAAS's event about it. */
export const setStatus = (region: Region, machine: Machine, status: StatusName): void => {
  if (machine.status === status) return;
  const description = `From '${machine.status}' to '${status}'`;
  machine.status = status;
  note(region, machine, { level: "DEBUG", type: "Node changed status", description });
};
