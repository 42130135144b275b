import { addressOf, type Machine, type Model } from "./state.ts";
import { statusTime } from "./time.ts";

const base = { name: "ubuntu", channel: "22.04" };

const gateway = "10.12.8.1";
const hex = (value: number): string => value.toString(16).padStart(2, "0");

/** The agent of a machine as status shows it: a dead one has stopped, a dying one no longer answers. */
const agent = ({ life }: Machine, model: Model): Record<string, unknown> => {
  const since = statusTime(model.since);
  if (life === "alive") return { current: "started", since, version: model.version };
  if (life === "dead") return { current: "stopped", since, version: model.version, life };
  const message = "agent is not communicating with the server";
  return { current: "down", message, since, version: model.version, life };
};

const containersOf = (model: Model, { id, life }: Machine): readonly string[] =>
  life === "alive" ? (model.workload.containers[id] ?? []) : [];

const container = (model: Model, id: string): Record<string, unknown> => {
  const since = statusTime(model.since);
  const all = Object.values(model.workload.containers).flat();
  const place = all.indexOf(id);
  const [machine = "0", , number = "0"] = id.split("/");
  const hostname = `juju-${model.uuid.slice(-6)}-${machine}-lxd-${number}`;
  const address = addressOf(machine, place);
  return {
    "juju-status": { current: "started", since, version: model.version },
    hostname,
    "dns-name": address,
    "ip-addresses": [address],
    "instance-id": hostname,
    "machine-status": { current: "running", message: "Container started", since },
    "modification-status": { current: "applied", since },
    base,
    "network-interfaces": {
      eth0: {
        "ip-addresses": [address],
        "mac-address": `00:16:3e:00:${hex(Number(machine))}:${hex(Number(number))}`,
        gateway,
        space: "alpha",
        "is-up": true,
      },
    },
    constraints: "arch=amd64",
    hardware: "availability-zone=default",
  };
};

/** One machine as `juju machines` and `juju status` show it in YAML and JSON. */
export const showMachine = (model: Model, machine: Machine): Record<string, unknown> => {
  const since = statusTime(model.since);
  const address = addressOf(machine.id, -1);
  const containers = containersOf(model, machine);
  return {
    "juju-status": agent(machine, model),
    hostname: machine.hostname,
    "dns-name": address,
    "ip-addresses": [address],
    "instance-id": machine.systemId,
    "display-name": machine.hostname,
    "machine-status": { current: "running", message: "Deployed", since },
    "modification-status": { current: "idle", since },
    base,
    "network-interfaces": {
      "br-ex": {
        "ip-addresses": [address],
        "mac-address": `52:54:00:aa:bb:${hex(Number(machine.id))}`,
        gateway,
        "dns-nameservers": ["10.12.8.5"],
        space: "alpha",
        "is-up": true,
      },
    },
    ...(containers.length > 0
      ? { containers: Object.fromEntries(containers.map((id) => [id, container(model, id)])) }
      : {}),
    constraints: machine.constraints,
    hardware: `arch=amd64 cores=${machine.cores} mem=65536M tags=openstack,virtual availability-zone=default virt-type=virtual-machine`,
  };
};

export const showMachines = (model: Model): Record<string, unknown> =>
  Object.fromEntries(model.machines.map((machine) => [machine.id, showMachine(model, machine)]));

export const machineColumns: readonly { title: string }[] = [
  { title: "Machine" },
  { title: "State" },
  { title: "Address" },
  { title: "Inst id" },
  { title: "Base" },
  { title: "AZ" },
  { title: "Message" },
];

/** The rows of the machine table: each machine, then its containers. */
export const machineRows = (model: Model): string[][] =>
  model.machines.flatMap((machine) => {
    const state = { alive: "started", dying: "down", dead: "stopped" }[machine.life];
    const zone = ["ubuntu@22.04", "default"];
    const own = [machine.id, state, addressOf(machine.id, -1), machine.hostname, ...zone, "Deployed"];
    const all = Object.values(model.workload.containers).flat();
    const inside = containersOf(model, machine).map((id) => {
      const [host = "", , number = ""] = id.split("/");
      const hostname = `juju-${model.uuid.slice(-6)}-${host}-lxd-${number}`;
      return [id, "started", addressOf(host, all.indexOf(id)), hostname, ...zone, "Container started"];
    });
    return [own, ...inside];
  });
