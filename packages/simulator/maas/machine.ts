import type { LabMachine } from "../scenario.ts";
import type { MachineView } from "./inventory.ts";
import type { MachineFault, Taking } from "./scenario.ts";
import type { StatusName } from "./statuses.ts";

/** A machine as the simulated MAAS holds it. It changes in place; `number` is its database id. */
export type Machine = {
  readonly number: number;
  readonly systemId: string;
  hostname: string;
  domain: string;
  zone: string;
  pool: string;
  tags: string[];
  architecture: string;
  status: StatusName;
  /** Description of the latest status event; null when there was none. */
  statusMessage: string | null;
  statusAction: string | null;
  errorDescription: string;
  owner: string | null;
  ownerData: Record<string, string>;
  agentName: string;
  powerType: string;
  powerState: "on" | "off" | "unknown" | "error";
  pod: string | null;
  locked: boolean;
  osystem: string;
  distroSeries: string;
  /** The boot disk's filesystem; a release takes away one that was acquired. */
  filesystem: "acquired" | "configured" | "none";
  commissioned: boolean;
  dynamic: boolean;
  hostsVms: string | null;
  addresses: string[];
  faults: MachineFault[];
  /** Who allocates it once it is Ready. */
  taking: Taking | undefined;
  orphaned: boolean;
  /** Lab ms until the power is off, and of an erasure. */
  release: number;
  erase: number;
  /** Stops whatever is going on with the machine: a power-off, an erasure, the watch on a release. */
  stop: (() => void)[];
};

/** Statuses in which an operating system is on the disks. */
const installed: ReadonlySet<StatusName> = new Set<StatusName>(["Deployed"]);

/** The machine that a scenario describes. */
export const newMachine = (from: LabMachine, number: number): Machine => ({
  number,
  systemId: from.systemId,
  hostname: from.hostname,
  domain: from.domain,
  zone: from.zone,
  pool: from.pool,
  tags: [...from.tags],
  architecture: from.architecture,
  status: from.status,
  statusMessage: from.statusMessage ?? null,
  statusAction: from.statusMessage === undefined ? null : "",
  errorDescription: from.errorDescription,
  owner: from.owner,
  ownerData: { ...from.ownerData },
  agentName: from.agentName,
  powerType: from.powerType,
  powerState: from.powerState,
  pod: from.pod,
  locked: from.locked,
  osystem: from.osystem ?? (installed.has(from.status) ? "ubuntu" : ""),
  distroSeries: from.distroSeries ?? (installed.has(from.status) ? "jammy" : ""),
  filesystem: from.filesystem ?? (installed.has(from.status) ? "acquired" : "configured"),
  commissioned: from.commissioned,
  dynamic: from.dynamic,
  hostsVms: from.hostsVms ?? null,
  addresses: [...from.addresses],
  faults: from.faults.map((fault) => ({ ...fault })),
  taking: undefined,
  orphaned: from.orphaned,
  release: from.release,
  erase: from.erase,
  stop: [],
});

/** The machine as the Juju side and the tests see it. */
export const viewOf = (machine: Machine): MachineView => ({
  systemId: machine.systemId,
  hostname: machine.hostname,
  fqdn: `${machine.hostname}.${machine.domain}`,
  status: machine.status,
  powerType: machine.powerType,
  powerState: machine.powerState,
  pod: machine.pod,
  locked: machine.locked,
  owner: machine.owner,
  agentName: machine.agentName,
  ownerData: machine.ownerData,
  osystem: machine.osystem,
  distroSeries: machine.distroSeries,
});

/** Stops everything that is going on with a machine. */
export const stopAll = (machine: Machine): void => {
  for (const stop of machine.stop.splice(0)) stop();
};
