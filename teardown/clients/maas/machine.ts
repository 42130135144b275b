import { z } from "zod";
import { type MachineStatus, statusName } from "./status.ts";

/** What we keep of a machine's JSON (13 to 60 KB in MAAS). */
export type MaasMachine = {
  systemId: string;
  hostname: string;
  fqdn: string;
  status: MachineStatus;
  statusName: string;
  statusMessage: string;
  powerState: string;
  powerType: string;
  owner: string | null;
  ownerData: Record<string, string>;
  locked: boolean;
  osystem: string;
  errorDescription: string;
  pod: string | null;
  ipAddresses: string[];
  pool: string;
  zone: string;
};

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const named = z
  .object({ name: z.string() })
  .nullish()
  .transform((value) => value?.name ?? null);
const addresses = z
  .array(z.object({ ip_address: z.string().nullish() }))
  .nullish()
  .transform((list) => (list ?? []).flatMap(({ ip_address }) => (ip_address ? [ip_address] : [])));

/**
 * A machine as MAAS 3.2 to 3.7 and its main branch send it. Only what identifies it is required: 3.2 to 3.4 have no
 * `error_description`, the main branch has no `pod`. `locked` is required, since guards decide by it.
 */
export const machineSchema: z.ZodType<MaasMachine> = z
  .object({
    system_id: z.string().min(1),
    hostname: z.string().min(1),
    fqdn: text,
    status: z.number().int(),
    status_name: text,
    status_message: text,
    power_state: text,
    power_type: text,
    owner: z.string().nullish(),
    owner_data: z.record(z.string(), z.string()).nullish(),
    locked: z.boolean(),
    osystem: text,
    error_description: text,
    pod: named,
    pool: named,
    zone: named,
    ip_addresses: z.array(z.string()).nullish(),
    interface_set: z.array(z.object({ links: addresses, discovered: addresses })).nullish(),
  })
  .transform((machine) => ({
    systemId: machine.system_id,
    hostname: machine.hostname,
    fqdn: machine.fqdn || machine.hostname,
    status: machine.status,
    statusName: machine.status_name || statusName(machine.status),
    statusMessage: machine.status_message,
    powerState: machine.power_state,
    powerType: machine.power_type,
    owner: machine.owner || null,
    ownerData: machine.owner_data ?? {},
    locked: machine.locked,
    osystem: machine.osystem,
    errorDescription: machine.error_description,
    pod: machine.pod,
    ipAddresses: [
      ...new Set([
        ...(machine.ip_addresses ?? []),
        ...(machine.interface_set ?? []).flatMap(({ links, discovered }) => [...links, ...discovered]),
      ]),
    ],
    pool: machine.pool ?? "",
    zone: machine.zone ?? "",
  }));
