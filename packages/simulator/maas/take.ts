import type { Machine } from "./machine.ts";
import { note, type Region, setStatus } from "./region.ts";

/** Somebody allocates a Ready machine, as far as MAAS can tell: without owner_data unless a model is named. */
const allocate = (region: Region, machine: Machine): void => {
  const { taking } = machine;
  if (!taking || machine.status !== "Ready") return;
  machine.taking = undefined;
  machine.owner = taking.owner;
  machine.agentName = taking.agentName;
  machine.ownerData = taking.ownerData ?? (taking.agentName ? { "juju-model-uuid": taking.agentName } : {});
  const description = `(${taking.owner})`;
  note(region, machine, { level: "DEBUG", type: "User acquiring node", description, username: taking.owner });
  setStatus(region, machine, "Allocated");
};

/** To be called when a machine has become Ready, or is to be taken and is Ready already. */
export const takeWhenDue = (region: Region, machine: Machine): void => {
  const { taking } = machine;
  if (!taking || machine.status !== "Ready" || taking.looks > 0) return;
  if (taking.after === 0) allocate(region, machine);
  else machine.stop.push(region.clock.after(taking.after, () => allocate(region, machine)));
};

/** To be called when an answer has shown a machine. */
export const seen = (region: Region, machine: Machine): void => {
  const { taking } = machine;
  if (!taking || machine.status !== "Ready" || taking.looks === 0) return;
  machine.taking = { ...taking, looks: taking.looks - 1 };
  takeWhenDue(region, machine);
};
