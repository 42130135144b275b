import { createHash } from "node:crypto";
import type { Machine } from "./machine.ts";

const hexOf = (text: string): string => createHash("md5").update(text).digest("hex");

const gigabyte = 10 ** 9;

/** Disks of a machine: name, size in bytes, model. Made up; what matters is the shape. */
const disks = [
  { name: "sda", size: 480 * gigabyte, model: "SIM-SSD-480" },
  { name: "sdb", size: 2000 * gigabyte, model: "SIM-HDD-2000" },
] as const;

const partitionOf = (machine: Machine, disk: (typeof disks)[number], id: number): unknown => ({
  uuid: `${hexOf(`${machine.systemId} ${id}`).slice(0, 8)}-0000-4000-8000-${hexOf(`p ${machine.systemId}`).slice(0, 12)}`,
  size: disk.size - 4 * 2 ** 20,
  bootable: true,
  tags: [],
  device_id: id,
  id,
  path: `/dev/disk/by-dname/${disk.name}-part1`,
  type: "partition",
  system_id: machine.systemId,
  used_for: machine.filesystem !== "none" ? "ext4 formatted filesystem mounted at /" : "Unused",
  filesystem:
    machine.filesystem !== "none"
      ? {
          fstype: "ext4",
          label: null,
          uuid: hexOf(`fs ${machine.systemId}`),
          mount_point: "/",
          mount_options: "",
        }
      : null,
  resource_uri: `/MAAS/api/2.0/nodes/${machine.systemId}/blockdevices/${id}/partition/${id}`,
});

const diskOf = (machine: Machine, disk: (typeof disks)[number], index: number): unknown => {
  const id = machine.number * disks.length + index;
  const boot = index === 0;
  return {
    firmware_version: "1.0.0",
    id_path: `/dev/disk/by-id/wwn-0x${hexOf(`${machine.systemId} ${disk.name}`).slice(0, 16)}`,
    numa_node: 0,
    filesystem: null,
    available_size: boot ? 0 : disk.size,
    storage_pool: null,
    id,
    name: disk.name,
    block_size: 512,
    path: `/dev/disk/by-dname/${disk.name}`,
    model: disk.model,
    used_size: boot ? disk.size : 0,
    system_id: machine.systemId,
    used_for: boot ? "GPT partitioned with 1 partition" : "Unused",
    partition_table_type: boot ? "GPT" : null,
    serial: hexOf(`serial ${machine.systemId} ${disk.name}`).slice(0, 12).toUpperCase(),
    uuid: null,
    partitions: boot ? [partitionOf(machine, disk, id)] : [],
    type: "physical",
    tags: ["ssd"],
    size: disk.size,
    resource_uri: `/MAAS/api/2.0/nodes/${machine.systemId}/blockdevices/${id}/`,
  };
};

const interfaceOf = (machine: Machine): unknown => ({
  numa_node: 0,
  firmware_version: null,
  discovered: null,
  parents: [],
  links: machine.addresses.map((address, at) => ({ id: at + 1, mode: "static", ip_address: address })),
  sriov_max_vf: 0,
  vendor: "Simulated",
  params: "",
  id: machine.number,
  name: "eno1",
  effective_mtu: 1500,
  interface_speed: 10_000,
  system_id: machine.systemId,
  mac_address: macAddress(machine),
  enabled: true,
  vlan: {
    vid: 0,
    mtu: 1500,
    dhcp_on: true,
    external_dhcp: null,
    relay_vlan: null,
    primary_rack: null,
    secondary_rack: null,
    id: 1,
    name: "untagged",
    fabric_id: 1,
    space: "undefined",
    fabric: "fabric-1",
    resource_uri: "/MAAS/api/2.0/vlans/1/",
  },
  link_connected: true,
  type: "physical",
  children: [],
  tags: [],
  product: "Simulated 10G",
  link_speed: 10_000,
  resource_uri: `/MAAS/api/2.0/nodes/${machine.systemId}/interfaces/${machine.number}/`,
});

/** The MAC address of a machine's interface. */
export const macAddress = (machine: Machine): string =>
  `52:54:00:${(hexOf(machine.systemId).slice(0, 6).match(/../g) ?? []).join(":")}`;

/** What a machine's JSON says about its hardware: made up, the same for the same machine, of realistic size. */
export const hardwareOf = (machine: Machine): Record<string, unknown> => {
  const blockDevices = disks.map((disk, index) => diskOf(machine, disk, index));
  const networkInterface = interfaceOf(machine);
  const cores = Array.from({ length: 8 }, (_, core) => core);
  return {
    boot_disk: blockDevices[0],
    physicalblockdevice_set: blockDevices,
    blockdevice_set: blockDevices,
    virtualblockdevice_set: [],
    volume_groups: [],
    raids: [],
    bcaches: [],
    cache_sets: [],
    special_filesystems: [],
    storage: disks.reduce((sum, { size }) => sum + size, 0) / 10 ** 6,
    boot_interface: networkInterface,
    interface_set: [networkInterface],
    numanode_set: [{ index: 0, memory: 65_536, cores, hugepages_set: [] }],
    cpu_count: cores.length,
    cpu_speed: 2400,
    memory: 65_536,
    hardware_uuid: `${hexOf(machine.systemId).slice(0, 8)}-e67b-11f1-9b44-${hexOf(machine.systemId).slice(8, 20)}`,
    hardware_info: hardwareInfo,
  };
};

const hardwareInfo = Object.fromEntries(
  [
    ...["vendor", "product", "family", "version", "sku", "serial"].map((key) => `system_${key}`),
    "cpu_model",
    ...["vendor", "product", "serial", "version", "firmware_vendor", "firmware_date", "firmware_version"].map(
      (key) => `mainboard_${key}`,
    ),
    ...["vendor", "type", "serial", "version"].map((key) => `chassis_${key}`),
  ].map((key) => [key, "Unknown"]),
);
