import { hardwareOf } from "./hardware.ts";
import type { Machine } from "./machine.ts";
import type { Region } from "./region.ts";
import { indented } from "./reply.ts";
import { statusNumber } from "./statuses.ts";

const api = "/MAAS/api/2.0";

/** The status pairs of a machine's tests; nothing was ever tested here. */
const testStatuses = Object.fromEntries(
  [
    "cpu_test",
    "memory_test",
    "storage_test",
    "network_test",
    "interface_test",
    "other_test",
    "testing",
  ].flatMap((test) => [
    [`${test}_status`, -1],
    [`${test}_status_name`, "Unknown"],
  ]),
);

/** What is the same for every machine of the simulated lab. */
const constant = {
  parent: null,
  min_hwe_kernel: null,
  hwe_kernel: null,
  swap_size: null,
  last_sync: null,
  next_sync: null,
  sync_interval: null,
  node_type: 0,
  node_type_name: "Machine",
  default_gateways: { ipv4: { gateway_ip: null, link_id: null }, ipv6: { gateway_ip: null, link_id: null } },
  description: "",
  enable_kernel_crash_dump: false,
  bios_boot_method: null,
  ephemeral_deploy: false,
  address_ttl: null,
  current_installation_result_id: null,
  current_testing_result_id: null,
  enable_hw_sync: false,
  disable_ipv4: false,
  netboot: true,
  ...testStatuses,
};

/** The id of a VM host: its place among the hosts' names in the order of the machines. */
export const podId = (region: Region, name: string): number => podNames(region).indexOf(name) + 1;

/** The names of all VM hosts: those that run machines of the lab, and those on machines of the lab. */
export const podNames = (region: Region): string[] => {
  const machines = [...region.machines.values()];
  const names = machines.flatMap(({ pod, hostsVms }) => [pod, hostsVms]).filter((name) => name !== null);
  return [...new Set(names)];
};

const podOf = (region: Region, machine: Machine): unknown => {
  if (machine.pod === null) return null;
  const id = podId(region, machine.pod);
  return { id, name: machine.pod, resource_uri: `${api}/pods/${id}/` };
};

export const renderZone = (name: string): unknown => ({
  name,
  description: "",
  id: 1,
  resource_uri: `${api}/zones/${name}/`,
});

/** A machine as the API shows it: 80 fields in 3.6, fewer in other flavours. */
export const renderMachine = (region: Region, machine: Machine): Record<string, unknown> => {
  const rendered: Record<string, unknown> = {
    ...constant,
    ...hardwareOf(machine),
    system_id: machine.systemId,
    hostname: machine.hostname,
    fqdn: `${machine.hostname}.${machine.domain}`,
    domain: {
      authoritative: true,
      ttl: null,
      id: 0,
      name: machine.domain,
      is_default: true,
      resource_record_count: 0,
      resource_uri: `${api}/domains/0/`,
    },
    zone: renderZone(machine.zone),
    pool: { name: machine.pool, description: "Default pool", id: 0, resource_uri: `${api}/resourcepool/0/` },
    ip_addresses: machine.addresses,
    tag_names: machine.tags,
    architecture: machine.architecture,
    status: statusNumber(machine.status),
    status_name: machine.status,
    status_message: machine.statusMessage,
    status_action: machine.statusAction,
    error_description: machine.errorDescription,
    power_state: machine.powerState,
    power_type: machine.powerType,
    owner: machine.owner,
    owner_data: machine.ownerData,
    workload_annotations: machine.ownerData,
    locked: machine.locked,
    osystem: machine.osystem,
    distro_series: machine.distroSeries,
    pod: podOf(region, machine),
    virtualmachine_id: machine.pod === null ? null : machine.number,
    commissioning_status: machine.commissioned ? 2 : -1,
    commissioning_status_name: machine.commissioned ? "Passed" : "Unknown",
    current_commissioning_result_id: machine.commissioned ? machine.number : null,
    resource_uri: `${api}/machines/${machine.systemId}/`,
  };
  for (const field of region.flavour.without) delete rendered[field];
  return rendered;
};

/** Machines rendered between two turns of the event loop, so that a large list does not hold up the others. */
const batch = 20;

/** The JSON text of a list of machines, rendered piece by piece. */
export const renderList = async (region: Region, machines: readonly Machine[]): Promise<string> => {
  if (machines.length === 0) return "[]";
  const parts: string[] = [];
  for (const [index, machine] of machines.entries()) {
    if (index > 0 && index % batch === 0) await new Promise((resolve) => setImmediate(resolve));
    parts.push(`    ${indented(renderMachine(region, machine)).replaceAll("\n", "\n    ")}`);
  }
  return `[\n${parts.join(",\n")}\n]`;
};
