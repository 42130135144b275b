import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ModelIdentity } from "./clients/juju.ts";

const modelRecord = z.object({
  /** With its owner: admin/openstack. */
  name: z.string(),
  uuid: z.string(),
  controller: z.string(),
  controllerUuid: z.string(),
});
const machineRecord = z.object({ hostname: z.string(), systemId: z.string(), owner: z.string() });

/**
 * The identities of a lab, as `up` adopted it: a destroy goes by these and no others. Made by one adoption, held by ExitCriteria,
 * the input of every other resource. A model that was already gone is left out.
 */
export const labRecord = z.object({
  model: modelRecord.optional(),
  maasUrl: z.string(),
  machines: z.array(machineRecord),
});
export type ModelRecord = z.output<typeof modelRecord>;
export type MachineRecord = z.output<typeof machineRecord>;
export type LabRecord = z.output<typeof labRecord>;

/** A recorded model, as Juju is asked for it: by its own controller, whatever is called like that today. */
export const identityOf = ({ controller, controllerUuid, uuid }: ModelRecord): ModelIdentity => ({
  controller,
  controllerUuid,
  modelUuid: uuid,
});

/** As the first version kept a machine: `hostname system_id owner power_type`, where "-" is nothing. */
const machineOfV1 = z.string().transform((line, context) => {
  const [hostname = "", systemId = "", owner = ""] = line
    .split(" ")
    .map((word) => (word === "-" ? "" : word));
  if (hostname !== "" && systemId !== "") return { hostname, systemId, owner };
  context.addIssue(`no machine: ${line}`);
  return z.NEVER;
});

/** A record as this or the first version left it in a state or a run directory. */
export const storedRecord: z.ZodType<LabRecord> = labRecord.extend({
  machines: z.array(z.union([machineRecord, machineOfV1])),
});

/**
 * The resources of a lab in a stack's state that have another record than this one, or a machine that is not in it: a destroy
 * never goes by an edited state.
 *
 * @returns their names
 */
export const withOtherRecords = (
  resources: readonly { urn: string; type: string; outputs: Record<string, unknown> }[],
  lab: LabRecord,
): string[] => {
  const hostnames = new Set(lab.machines.map(({ hostname }) => hostname));
  return resources
    .filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/lab:"))
    .filter(
      ({ urn, outputs: { record, row, hostname } }) =>
        !isDeepStrictEqual(record, lab) ||
        row !== urn ||
        (hostname !== undefined && !hostnames.has(String(hostname))),
    )
    .map(({ urn }) => urn.split("::").at(-1) ?? "")
    .sort();
};
