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

/** Whether a machine was already missing when it was recorded. */
export const isAbsent = (machine: RecordedMachine): boolean => machine.systemId === "";

/** The system_ids that MAAS can be asked for. */
export const systemIds = (lab: RecordedLab): string[] =>
  lab.machines.filter((machine) => !isAbsent(machine)).map(({ systemId }) => systemId);
