import type { MachineView } from "../../maas/inventory.ts";

// What the tests of the simulated juju type, and the machines that they show it.

export const words = (text: string): string[] => text.split(" ");
export const destroy = words("destroy-model openstack --force --no-wait --destroy-storage --no-prompt");
export const minute = 60_000;

/** A deployed machine of Juju's, as MAAS shows it to a controller. */
export const machine = (systemId: string, changes: Partial<MachineView> = {}): MachineView => ({
  systemId,
  hostname: systemId,
  fqdn: systemId,
  status: "Deployed",
  powerType: "ipmi",
  powerState: "on",
  pod: null,
  locked: false,
  owner: "juju",
  agentName: "",
  ownerData: {},
  osystem: "ubuntu",
  distroSeries: "jammy",
  ...changes,
});
