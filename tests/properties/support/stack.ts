import { adoption, mustBeAdoptable } from "../../../teardown/adopt.ts";
import type { Host } from "../../../teardown/clients/host.ts";
import type { Permission } from "../../../teardown/config/permissions.ts";
import { parseSettings, type Settings } from "../../../teardown/config/settings.ts";
import type { Context } from "../../../teardown/context.ts";
import type { LabRecord } from "../../../teardown/record.ts";
import { isDestructive } from "../../../teardown/run/journal.ts";
import { findOpenRun } from "../../../teardown/run/run-directory.ts";
import { survey } from "../../../teardown/survey.ts";
import { jujuOf } from "./juju-client.ts";
import { maasOf } from "./maas-client.ts";
import { processClock, type WorldProcess } from "./process.ts";
import type { World } from "./world.ts";

/** What Pulumi keeps between two operations, and the stack's configuration. */
export type Stack = {
  lab: LabRecord;
  /** The resources that are still in it: preflight, backup, model, reaping, exit, and the machines by hostname. */
  rows: Set<string>;
  machines: string[];
  acceptDeleted: string[];
  alsoDestroyed: string[];
  releaseUnclaimed: string[];
  withoutBundle: string[];
  adoptPartial: string;
  /** What is left over in the file from another lab, by permission; the operator never takes it out. */
  leftOver: Partial<Record<Permission, string>>;
  backupRoot: string;
  stuckAfter: number;
};

/** A stack in which nothing is permitted and nothing adopted yet, of these machines. */
export const emptyStack = (machines: string[], backupRoot: string, stuckAfter: number): Stack => ({
  lab: { maasUrl: "", machines: [] },
  rows: new Set(),
  machines,
  acceptDeleted: [],
  alsoDestroyed: [],
  releaseUnclaimed: [],
  withoutBundle: [],
  adoptPartial: "",
  leftOver: {},
  backupRoot,
  stuckAfter,
});

export const place = { project: "openstack-lab", stack: "lab" };

const host: Host = {
  hostname: "lab-host",
  hostnames: ["lab-host"],
  user: "operator",
  addresses: [],
  isThisHost: () => false,
};

const joined = ({ leftOver }: Stack, key: Permission, names: string[]): string =>
  [...(leftOver[key] ? [leftOver[key]] : []), ...names].join(",");

export const settingsOf = (stack: Stack, deadline: number): Settings => ({
  ...parseSettings({
    host: host.hostname,
    user: host.user,
    jujuModel: "openstack",
    jujuController: "maas-lab",
    maasProfile: "admin",
    machines: stack.machines,
    acceptDeleted: joined(stack, "acceptDeleted", stack.acceptDeleted),
    alsoDestroyed: joined(stack, "alsoDestroyed", stack.alsoDestroyed),
    releaseUnclaimed: joined(stack, "releaseUnclaimed", stack.releaseUnclaimed),
    withoutBundle: joined(stack, "withoutBundle", stack.withoutBundle),
    adoptPartial: joined(stack, "adoptPartial", stack.adoptPartial ? [stack.adoptPartial] : []),
    acceptVmDeletion: joined(stack, "acceptVmDeletion", []),
    backupRoot: stack.backupRoot,
  }),
  stuckAfter: stack.stuckAfter,
  deadline,
});

const nothing = () => {};

/** A process that nobody watches, for what only looks. */
export const makeProcess = (world: World): WorldProcess => {
  const self: WorldProcess = {
    alive: true,
    stopping: new AbortController(),
    clock: processClock(world, () => self.alive),
    before: { release: nothing, destroyModel: nothing, removeMachines: nothing },
  };
  return self;
};

/** The outside, as one process sees it. */
export const contextOf = (world: World, self: WorldProcess, settings: Settings): Context => {
  const maas = maasOf(world, self);
  return {
    settings,
    juju: jujuOf(world, self),
    maas: async () => maas,
    host,
    clock: self.clock,
    signal: self.stopping.signal,
  };
};

/** `pulumi up`: adopts today's lab, and every resource is in the stack again. @throws TeardownError; the stack stays as it was */
export const up = async (world: World, stack: Stack): Promise<void> => {
  const settings = settingsOf(stack, 3_600_000);
  const { backupRoot, backupLabel } = settings;
  const open = findOpenRun({ backupRoot, backupLabel, ...place, modelUuid: undefined });
  const begun = open && isDestructive(open.journal.events()) ? open.lab : undefined;
  const seen = await survey(contextOf(world, makeProcess(world), settings));
  stack.lab = mustBeAdoptable(adoption(seen, settings, begun), settings);
  stack.rows = new Set(["preflight", "backup", "model", "reaping", ...stack.machines, "exit"]);
};
