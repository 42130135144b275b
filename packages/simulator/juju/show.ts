import { type Column, titled } from "./output.ts";
import { addressOf, isJuju4, isMaas, type Machine, type Model } from "./state.ts";
import { statusTime } from "./time.ts";

const base = { name: "ubuntu", channel: "22.04" };

const gateway = "10.12.8.1";
const hex = (value: number): string => value.toString(16).padStart(2, "0");

/** Juju 4 says of everything that is alive that it is, too. `version` is the controller's. */
export const shownLife = (life: string, version: string): Record<string, unknown> =>
  life === "alive" && !isJuju4(version) ? {} : { life };

/** The agent of a machine as status shows it: a dead one has stopped, a dying one no longer answers. */
const agent = ({ life, knows }: Machine, model: Model, controller: string): Record<string, unknown> => {
  const since = statusTime(model.since);
  const shown = shownLife(life, controller);
  if (knows === "nothing") return { current: "pending", since, ...shown };
  if (life === "alive") return { current: "started", since, version: model.version, ...shown };
  if (life === "dead") return { current: "stopped", since, version: model.version, ...shown };
  const message = "agent is not communicating with the server";
  return { current: "down", message, since, version: model.version, ...shown };
};

const containersOf = (model: Model, { id, life }: Machine): readonly string[] =>
  life === "alive" ? (model.workload.containers[id] ?? []) : [];

/** A container's instance id, which is its hostname too. */
const containerName = (model: Model, id: string): string => {
  const [machine = "0", , number = "0"] = id.split("/");
  return `juju-${model.uuid.slice(-6)}-${machine}-lxd-${number}`;
};

const containerAddress = (model: Model, id: string): string => {
  const all = Object.values(model.workload.containers).flat();
  return addressOf(id.split("/")[0] ?? "0", all.indexOf(id));
};

const container = (model: Model, id: string, known: boolean): Record<string, unknown> => {
  const since = statusTime(model.since);
  const [machine = "0", , number = "0"] = id.split("/");
  const name = containerName(model, id);
  const address = containerAddress(model, id);
  const network = {
    eth0: {
      "ip-addresses": [address],
      "mac-address": `00:16:3e:00:${hex(Number(machine))}:${hex(Number(number))}`,
      gateway,
      space: "alpha",
      "is-up": true,
    },
  };
  return {
    "juju-status": { current: "started", since, ...(known ? { version: model.version } : {}) },
    ...(known ? { hostname: name, "dns-name": address, "ip-addresses": [address] } : {}),
    "instance-id": name,
    "machine-status": { current: "running", message: "Container started", since },
    "modification-status": { current: "applied", since },
    base,
    ...(known
      ? {
          "network-interfaces": network,
          constraints: "arch=amd64",
          hardware: "availability-zone=default",
        }
      : {}),
  };
};

/** One machine as `juju machines` and `juju status` show it in YAML and JSON. */
const showMachine = (model: Model, machine: Machine, controller: string): Record<string, unknown> => {
  const since = statusTime(model.since);
  const { address, knows, hostname, life } = machine;
  const containers = containersOf(model, machine);
  const shown = isJuju4(controller) ? { life } : {};
  const status =
    knows === "nothing"
      ? { current: "pending", since }
      : { current: "running", message: isMaas(machine) ? "Deployed" : "Manually provisioned machine", since };
  const network = {
    "br-ex": {
      "ip-addresses": [address],
      "mac-address": `52:54:00:aa:bb:${hex(Number(machine.id))}`,
      gateway,
      "dns-nameservers": ["10.12.8.5"],
      space: "alpha",
      "is-up": true,
    },
  };
  return {
    "juju-status": agent(machine, model, controller),
    ...(knows === "nothing" ? {} : { hostname, "dns-name": address, "ip-addresses": [address] }),
    "instance-id": machine.instanceId,
    ...(isMaas(machine) ? { "display-name": hostname } : {}),
    "machine-status": { ...status, ...shown },
    "modification-status": knows === "nothing" ? {} : { current: "idle", since },
    base,
    ...(knows === "all" ? { "network-interfaces": network } : {}),
    ...(containers.length > 0
      ? {
          containers: Object.fromEntries(containers.map((id) => [id, container(model, id, knows === "all")])),
        }
      : {}),
    constraints: machine.constraints,
    ...(machine.hardware ? { hardware: machine.hardware } : {}),
  };
};

/** `controller` is the controller's version. */
export const showMachines = (
  model: Model,
  machines: readonly Machine[],
  controller: string,
): Record<string, unknown> =>
  Object.fromEntries(machines.map((machine) => [machine.id, showMachine(model, machine, controller)]));

export const machineColumns: readonly Column[] = titled(
  ...["Machine", "State", "Address", "Inst id", "Base", "AZ", "Message"],
);

/** The rows of the machine table: each machine, then its containers. */
export const machineRows = (model: Model, machines: readonly Machine[]): string[][] =>
  machines.flatMap((machine) => {
    const { id, life, knows, hardware, address, hostname, instanceId } = machine;
    const state =
      knows === "nothing" ? "pending" : { alive: "started", dying: "down", dead: "stopped" }[life];
    const zone = /availability-zone=(\S+)/.exec(hardware)?.[1] ?? "";
    const place = ["ubuntu@22.04", zone];
    const own = [
      id,
      state,
      knows === "nothing" ? "" : address,
      isMaas(machine) ? hostname : instanceId,
      ...place,
      knows === "nothing" ? "" : isMaas(machine) ? "Deployed" : "Manually provisioned machine",
    ];
    const inside = containersOf(model, machine).map((inner) => [
      inner,
      "started",
      knows === "all" ? containerAddress(model, inner) : "",
      containerName(model, inner),
      ...place,
      "Container started",
    ]);
    return [own, ...inside];
  });
