import { z } from "zod";
import { type Answer, type Asked, isHtml, MaasError, type MaasFault } from "./errors.ts";
import { questionOf, type Wire } from "./http.ts";
import { type MachineStatus, statusName } from "./statuses.ts";

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

/** `GET version/`; the simulated MAAS of this project says so in its `subversion`. */
export const versionSchema: z.ZodType<{ version: string; simulated: boolean }> = z
  .object({ version: z.string(), subversion: z.string().nullish() })
  .transform(({ version, subversion }) => ({ version, simulated: subversion === "simulated" }));

/** `GET users/?op=whoami` */
export const whoamiSchema: z.ZodType<{ username: string; isAdmin: boolean }> = z
  .object({ username: z.string().min(1), is_superuser: z.boolean() })
  .transform((user) => ({ username: user.username, isAdmin: user.is_superuser }));

/** `created` is in UTC, to the second: `Sun, 22 Nov. 2026 13:50:44`. `systemId` is the machine that it is about. */
export type MaasEvent = {
  level: string;
  type: string;
  description: string;
  created: string;
  systemId: string;
};

/** `GET events/?op=query` */
export const eventsSchema: z.ZodType<MaasEvent[]> = z
  .object({
    events: z.array(
      z
        .object({ level: z.string(), type: z.string(), description: text, created: z.string(), node: text })
        .transform(({ node, ...event }) => ({ ...event, systemId: node })),
    ),
  })
  .transform(({ events }) => events);

/** `GET vm-hosts/` */
export const vmHostsSchema: z.ZodType<{ name: string; systemId: string | null }[]> = z.array(
  z
    .object({ name: z.string(), host: z.object({ system_id: z.string().nullable() }).nullish() })
    .transform(({ name, host }) => ({ name, systemId: host?.system_id ?? null })),
);

/**
 * Parses a 200 body.
 * @throws MaasError `bad-answer`, saying whether it is HTML, empty, not JSON, or JSON of another shape
 */
export const parseAnswer = <T>(wire: Wire, asked: Asked, answer: Answer, schema: z.ZodType<T>): T => {
  const { status, body } = answer;
  const bad = (said: string, cause?: unknown): MaasError => {
    const fault: MaasFault = { ...questionOf(wire, asked), code: "bad-answer", status, said };
    return new MaasError(fault, cause);
  };
  if (body.trim() === "") throw bad("an empty body");
  if (isHtml(answer)) throw bad("a page of HTML");
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw bad(`${Buffer.byteLength(body)} bytes that are not whole JSON`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "top level";
  throw bad(`JSON of another shape (${where}: ${issue?.message})`, parsed.error);
};
