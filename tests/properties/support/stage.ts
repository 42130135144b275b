import type { MaasClient, MaasMachine } from "../../../teardown/clients/maas.ts";
import { statusName } from "../../../teardown/clients/maas.ts";
import type { Context, Row } from "../../../teardown/context.ts";
import type { MachineSurroundings } from "../../../teardown/guards/machine-guard.ts";
import { memoryJournal } from "../../../teardown/run/journal.ts";
import type { Run } from "../../../teardown/run/run-directory.ts";
import type { MachinePlan } from "./scenario.ts";
import { contextOf, emptyStack, makeProcess, settingsOf } from "./stack.ts";
import { type VirtualClock, virtualClock } from "./virtual-clock.ts";
import { makeWorld, type World } from "./world.ts";

/** A context in virtual time, of which a test replaces what it is about. */
export type Stage = {
  clock: VirtualClock;
  world: World;
  context: Context;
  run: Run;
  row: Row;
  said: string[];
};

/** A machine of the model, whose release goes well. */
export const deployed: MachinePlan = {
  status: 6,
  inModel: true,
  locked: false,
  post: 1_000,
  release: 3_000,
  ends: "ready",
  faults: [],
};

/** A quiet world with so many machines, a context in it and a run in memory. */
export const stage = (machines: number, stuckAfter = 600_000): Stage => {
  const clock = virtualClock(Date.parse("2026-11-22T14:00:00Z"));
  const world = makeWorld(
    {
      seed: 1,
      machines: Array.from({ length: machines }, () => deployed),
      model: {
        life: "alive",
        applications: 2,
        reap: 60_000,
        stuck: { kind: "no" },
        unlisted: false,
        calls: [],
      },
      happenings: [],
      destroys: [],
      stuckAfter,
    },
    clock,
  );
  const stack = emptyStack(["openstack0"], "/nonexistent", stuckAfter);
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  return {
    clock,
    world,
    context: contextOf(world, makeProcess(world), settingsOf(stack, 24 * 3_600_000)),
    run: {
      directory: "/nonexistent",
      lab: stack.lab,
      journal: memoryJournal(clock.now),
      lock: "/nonexistent",
    },
    row: { status: say, info: say, warn: say },
    said,
  };
};

/** The same context with another MAAS in place of some of its methods. */
export const withMaas = async (context: Context, methods: Partial<MaasClient>): Promise<Context> => {
  const { machine } = methods;
  const maas: MaasClient = {
    ...(await context.maas()),
    ...(machine && {
      lookAt: async (systemId) => {
        const found = await machine(systemId);
        return found ? { kind: "seen", machine: found } : { kind: "absent" };
      },
    }),
    ...methods,
  };
  return { ...context, maas: async () => maas };
};

/** What a machine is judged by where nothing but the machine itself can be wrong. */
export const quietAround = ({ host }: Context): MachineSurroundings => ({
  host,
  model: undefined,
  liveModels: new Set(),
  wholeOf: undefined,
  vmHosts: new Map(),
  ofModel: new Set(),
  begun: new Set(),
  releaseUnclaimed: ["abcd00", "aaaa00", "bbbb00", "cccc00"],
});

/** A machine as MAAS shows it. */
export const machineIn = (
  systemId: string,
  status: number,
  more: Partial<MaasMachine> = {},
): MaasMachine => ({
  systemId,
  hostname: systemId,
  fqdn: `${systemId}.maas`,
  status,
  statusName: statusName(status),
  statusMessage: "",
  powerState: "off",
  powerType: "ipmi",
  owner: "maas-admin",
  ownerData: {},
  locked: false,
  osystem: "",
  errorDescription: "",
  pod: null,
  ipAddresses: [],
  pool: "default",
  zone: "default",
  ...more,
});
