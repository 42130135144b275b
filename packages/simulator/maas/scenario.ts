import { z } from "zod";
import { duration } from "../duration.ts";
import { type MachineFaultKind, machineFaultKinds } from "./faults.ts";
import { type SideFaultKind, sideFaultNames } from "./side-faults.ts";
import { type StatusName, statusNames } from "./statuses.ts";

/** Who allocates a machine that has become Ready, and when. */
export type Taking = {
  /** Lab ms after it became Ready; 0: in the same moment. */
  after: number;
  /** How many answers show it Ready first. */
  looks: number;
  owner: string;
  /** The UUID of the model that it is allocated to; none: nothing tells whose it is. */
  agentName: string;
  /** Default: the model's UUID, if there is one. */
  ownerData?: Record<string, string> | undefined;
};

/** How MAAS treats a release differently from the happy path, for `times` calls. */
export type MachineFault = { times: number; answer: MachineFaultKind } & Taking;

/** One machine as a scenario describes it. Durations in ms of lab time. */
export type MachineScenario = {
  hostname: string;
  systemId?: string | undefined;
  status: StatusName;
  /** The model that acquired it: sets agent_name, owner_data and the owner `juju`. */
  model?: string | undefined;
  /** The store of the other controller that the model is on; default: the lab's own controller. */
  controller?: string | undefined;
  owner?: string | null | undefined;
  ownerData?: Record<string, string> | undefined;
  agentName?: string | undefined;
  /** The id in the model (`juju machines`); default: the place among the model's machines. */
  jujuMachine?: string | undefined;
  units?: string[] | undefined;
  powerType: string;
  powerState?: "on" | "off" | "unknown" | "error" | undefined;
  /** The VM host of a virtual machine that MAAS composed or discovered; null for none. */
  pod?: string | null | undefined;
  /** Until the power is off; the POST blocks for it. */
  release: number;
  /** Of a disk erasure. */
  erase: number;
  locked: boolean;
  /** False: no passed commissioning, so a release ends in New. */
  commissioned: boolean;
  /** True: composed on allocation, so a release deletes it. */
  dynamic: boolean;
  /** The name of a VM host that runs on this machine; it must be removed first. */
  hostsVms?: string | undefined;
  /** What its interface is linked to. */
  addresses: string[];
  domain: string;
  zone: string;
  pool: string;
  tags: string[];
  osystem?: string | undefined;
  distroSeries?: string | undefined;
  /**
   * The boot disk's filesystem: acquired with the machine (a release takes it away), configured (it stays), or none.
   * Default: acquired when an operating system is installed, configured otherwise.
   */
  filesystem?: "acquired" | "configured" | "none" | undefined;
  statusMessage?: string | undefined;
  errorDescription: string;
  architecture: string;
  faults: MachineFault[];
  /** True, with status Releasing: MAAS was killed before it switched the power off, and nothing goes on. */
  orphaned: boolean;
};

/** The region as a whole. */
export type MaasScenario = {
  /** Decides the flavour: up to 3.4.x, 3.5 and newer, or `master`. */
  version: string;
  /** `key` is `consumer:token:secret`; default: stable, derived from the name. */
  users: { name: string; superuser: boolean; key?: string | undefined }[];
  /** The `maas` profile of the lab, and the user whose key it holds. */
  profile: { name: string; user: string };
  /** The site setting that forces an erase whatever the client sent. */
  eraseOnRelease: boolean;
  /** False: the image that a wipe boots is not synced. */
  ephemeralImage: boolean;
};

/** A fault of the whole MAAS side. */
export type MaasFault = {
  side: "maas";
  /** Lab ms since the start of the lab, or `release` / `release+10s`: counted from the first release. */
  from: number | string;
  /** Lab ms; without it the fault lasts. */
  for?: number | undefined;
  /** How many requests it hits; default: all while it lasts. */
  times?: number | undefined;
  /** Only requests whose `METHOD /path?query` contains this text. */
  match?: string | undefined;
  kind: SideFaultKind;
  /** `slow`: lab ms by which the answer is late. */
  delay: number;
};

const takingFields = {
  after: duration.default(0),
  looks: z.int().nonnegative().default(0),
  owner: z.string().default("juju"),
  agentName: z.string().default(""),
  ownerData: z.record(z.string(), z.string()).optional(),
};

/** What the control operation `take-machine` is told, beside the machine. */
export const takingSchema: z.ZodType<Taking> = z.object(takingFields);

export const machineSchema: z.ZodType<MachineScenario> = z.strictObject({
  hostname: z.string().min(1),
  systemId: z.string().optional(),
  status: z.enum(statusNames).default("Deployed"),
  model: z.string().optional(),
  controller: z.string().optional(),
  owner: z.string().nullable().optional(),
  ownerData: z.record(z.string(), z.string()).optional(),
  agentName: z.string().optional(),
  jujuMachine: z.string().optional(),
  units: z.array(z.string()).optional(),
  powerType: z.string().default("ipmi"),
  powerState: z.enum(["on", "off", "unknown", "error"]).optional(),
  pod: z.string().nullable().optional(),
  release: duration.default(180_000),
  erase: duration.default(1_200_000),
  locked: z.boolean().default(false),
  commissioned: z.boolean().default(true),
  dynamic: z.boolean().default(false),
  hostsVms: z.string().optional(),
  addresses: z.array(z.string()).default([]),
  domain: z.string().default("maas"),
  zone: z.string().default("default"),
  pool: z.string().default("default"),
  tags: z.array(z.string()).default([]),
  osystem: z.string().optional(),
  distroSeries: z.string().optional(),
  filesystem: z.enum(["acquired", "configured", "none"]).optional(),
  statusMessage: z.string().optional(),
  errorDescription: z.string().default(""),
  architecture: z.string().default("amd64/generic"),
  faults: z
    .array(
      z.strictObject({
        at: z.enum(["release", "erase"]).optional(),
        times: z.int().positive().default(1),
        answer: z.enum(machineFaultKinds),
        ...takingFields,
      }),
    )
    .default([]),
  orphaned: z.boolean().default(false),
});

export const maasSchema: z.ZodType<MaasScenario> = z.strictObject({
  version: z.string().default("3.6.5"),
  users: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        superuser: z.boolean().default(false),
        key: z.string().optional(),
      }),
    )
    .prefault([{ name: "admin", superuser: true }, { name: "juju" }]),
  profile: z
    .strictObject({ name: z.string().default("admin"), user: z.string().default("admin") })
    .prefault({}),
  eraseOnRelease: z.boolean().default(false),
  ephemeralImage: z.boolean().default(true),
});

export const maasFaultSchema: z.ZodType<MaasFault> = z.strictObject({
  side: z.literal("maas"),
  from: z.union([z.string().regex(/^release/), duration]).default(0),
  for: duration.optional(),
  times: z.int().positive().optional(),
  match: z.string().optional(),
  kind: z.enum(sideFaultNames),
  delay: duration.default(10_000),
});
