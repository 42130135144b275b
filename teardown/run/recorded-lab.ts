import { z } from "zod";

const recordedModel = z.object({
  /** With its owner: admin/openstack. */
  name: z.string(),
  uuid: z.string(),
  controller: z.string(),
  controllerUuid: z.string(),
});
const recordedMachine = z.object({
  hostname: z.string(),
  /** "" when the machine was not in MAAS at `up` and was adopted as such (`adoptPartial`). */
  systemId: z.string(),
  owner: z.string(),
  powerType: z.string(),
});

/** What `up` recorded of a lab: the identities that a destroy goes by. A model that was already gone is left out. */
export const recordedLab = z.object({
  model: recordedModel.optional(),
  maasUrl: z.string(),
  machines: z.array(recordedMachine),
});
export type RecordedModel = z.output<typeof recordedModel>;
export type RecordedMachine = z.output<typeof recordedMachine>;
export type RecordedLab = z.output<typeof recordedLab>;

/** Whether the whole lab is on record, or only the part of it that is still in the stack. */
export type Knowledge = "whole" | "part";

/** Above so many machines, memory decides how things are done. */
export const manyMachines = 50;

/** Whether a machine was already missing when it was recorded. */
export const isAbsent = (machine: RecordedMachine): boolean => machine.systemId === "";

/** The system_ids that MAAS can be asked for. */
export const systemIds = (lab: RecordedLab): string[] =>
  lab.machines.filter((machine) => !isAbsent(machine)).map(({ systemId }) => systemId);

/**
 * A lab's record as Pulumi's state keeps it: a line a machine, `hostname system_id owner power_type`, where "-" is nothing. The state
 * is written twice for each resource that is created or deleted, and is read by people.
 */
export type KeptLab = Omit<RecordedLab, "machines"> & { machines: string[] };

/** What is recorded of a machine beside its hostname, as one text; none of the words can hold a blank. */
export const keptMachine = ({ systemId, owner, powerType }: RecordedMachine): string =>
  [systemId, owner, powerType].map((word) => word || "-").join(" ");

/** A machine's record again. */
export const openedMachine = (hostname: string, kept: string): RecordedMachine => {
  const [systemId = "", owner = "", powerType = ""] = kept
    .split(" ")
    .map((word) => (word === "-" ? "" : word));
  return { hostname, systemId, owner, powerType };
};

/** @see {@link KeptLab} */
export const keptLab = ({ machines, ...lab }: RecordedLab): KeptLab => ({
  ...lab,
  machines: machines.map((machine) => `${machine.hostname} ${keptMachine(machine)}`),
});

/** A lab's record again, from what the state keeps. */
export const openedLab = ({ machines, ...lab }: KeptLab): RecordedLab => ({
  ...lab,
  machines: machines.map((line) => {
    const [hostname = "", ...kept] = line.split(" ");
    return openedMachine(hostname, kept.join(" "));
  }),
});

/** Reads a record from a stack's exported state. */
export const recordInState: z.ZodType<RecordedLab> = recordedLab
  .extend({ machines: z.array(z.string()) })
  .transform(openedLab);
