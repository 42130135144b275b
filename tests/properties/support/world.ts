import type { JujuTrouble, MaasTrouble, ReleaseFault, Scenario, Turn } from "./scenario.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A machine as it really is, whatever anybody is told about it. */
export type WorldMachine = {
  systemId: string;
  hostname: string;
  status: number;
  owner: string | null;
  ownerData: Record<string, string>;
  /** What Juju finds its machines by; MAAS clears it at release. */
  agentName: string;
  locked: boolean;
  osystem: string;
  errorDescription: string;
  post: number;
  release: number;
  ends: "ready" | "new" | "vanishes";
  faults: ReleaseFault[];
  /** Counts what was begun with it, so that what was overtaken does not come true later. */
  epoch: number;
  /** Since when it is Ready without a break; undefined when it is not. */
  readySince: number | undefined;
  /** Whether a release of it has ended at any time: then it may be somebody else's now. */
  wasReleased: boolean;
  /** When MAAS last wrote that a release of it has ended. */
  releasedAt: number | undefined;
  /** When its owner or model last changed by somebody else's hand. */
  takenOver: number | undefined;
};

/** A model as it really is. */
export type WorldModel = {
  name: string;
  uuid: string;
  isController: boolean;
  life: "alive" | "dying" | "dead";
  suspended: boolean;
  applications: number;
  /** Ids of its machines, with their system_ids. */
  machines: Map<string, string>;
  reap: number;
  /** What still keeps it from going away. */
  untilRemoved: boolean;
  untilAgain: number;
  reaping: boolean;
};

/** Everything outside: MAAS, the controller, and what is wrong with them just now. */
export type World = {
  clock: VirtualClock;
  /** From 0 to 1, the same again for the same scenario. */
  random: () => number;
  machines: Map<string, WorldMachine>;
  /** When a machine was deleted from MAAS. */
  deleted: Map<string, number>;
  /** Juju knows a machine's name even when MAAS no longer knows the machine. */
  hostnames: ReadonlyMap<string, string>;
  models: Map<string, WorldModel>;
  maas: { trouble: MaasTrouble; until: number } | undefined;
  juju: { trouble: JujuTrouble; until: number } | undefined;
  flickers: number;
  blocked: boolean;
  destroyFaults: Scenario["model"]["calls"];
  /** Called at each turn of the story, with the machine that it is about. */
  atTurn: Set<(turn: Turn, machine?: WorldMachine) => void>;
};

export const labModel = "11111111-1111-4111-8111-111111111111";
export const controllerModel = "22222222-2222-4222-8222-222222222222";
export const otherModel = "33333333-3333-4333-8333-333333333333";
export const labName = "admin/openstack";
export const us = "maas-admin";

/** Tells everybody who waits for it. */
export const turn = (world: World, what: Turn, machine?: WorldMachine): void => {
  for (const tell of [...world.atTurn]) tell(what, machine);
};

const mulberry = (seed: number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

export const hostnameOf = (at: number): string => `openstack${at}`;
const systemIdOf = (at: number): string => `abcd${String(at).padStart(2, "0")}`;

const freshMachine = (systemId: string, hostname: string): WorldMachine => ({
  systemId,
  hostname,
  status: 6,
  owner: us,
  ownerData: {},
  agentName: "",
  locked: false,
  osystem: "ubuntu",
  errorDescription: "",
  post: 1_000,
  release: 3_000,
  ends: "ready",
  faults: [],
  epoch: 0,
  readySince: undefined,
  wasReleased: false,
  releasedAt: undefined,
  takenOver: undefined,
});

const machinesOf = (scenario: Scenario, now: number): WorldMachine[] => {
  const inLab = scenario.machines.map((plan, at): WorldMachine => {
    const isFree = plan.status === 4 || plan.status === 0;
    const tagged = plan.inModel && !isFree && scenario.model.life !== "gone";
    return {
      ...freshMachine(systemIdOf(at), hostnameOf(at)),
      status: plan.status,
      owner: isFree ? null : us,
      ownerData: tagged ? { "juju-model-uuid": labModel } : {},
      agentName: tagged ? labModel : "",
      locked: plan.locked && !isFree,
      osystem: plan.status === 6 ? "ubuntu" : "",
      post: plan.post,
      release: plan.release,
      ends: plan.ends,
      faults: [...plan.faults],
      readySince: plan.status === 4 ? now : undefined,
      wasReleased: plan.status === 4,
    };
  });
  const outside = [
    { ...freshMachine("zzzz01", "stranger"), owner: "somebody-else" },
    { ...freshMachine("zzzz02", "juju-controller"), ownerData: { "juju-is-controller": "true" } },
    { ...freshMachine("zzzz03", "ours-but-not-listed") },
    {
      ...freshMachine("zzzz04", "of-another-model"),
      ownerData: { "juju-model-uuid": otherModel },
      agentName: otherModel,
    },
  ];
  if (scenario.model.unlisted && scenario.model.life !== "gone") {
    outside.push({
      ...freshMachine("zzzz05", "unlisted-in-the-model"),
      ownerData: { "juju-model-uuid": labModel },
      agentName: labModel,
    });
  }
  return [...inLab, ...outside];
};

const freshModel = (name: string, uuid: string): WorldModel => ({
  name,
  uuid,
  isController: false,
  life: "alive",
  suspended: false,
  applications: 2,
  machines: new Map(),
  reap: 60_000,
  untilRemoved: false,
  untilAgain: 0,
  reaping: false,
});

/** Builds the world of a scenario, with machines and models beside the lab that must never be touched. */
export const makeWorld = (scenario: Scenario, clock: VirtualClock): World => {
  const machines = machinesOf(scenario, clock.now());
  const { model } = scenario;
  const models = [
    { ...freshModel("admin/controller", controllerModel), isController: true },
    freshModel("admin/other", otherModel),
  ];
  if (model.life !== "gone") {
    const own = machines.filter(({ agentName }) => agentName === labModel);
    models.push({
      ...freshModel(labName, labModel),
      applications: model.applications,
      machines: new Map(own.map(({ systemId }, id) => [String(id), systemId])),
      reap: model.reap,
      untilRemoved: model.stuck.kind === "until-removed" && own.length > 0,
      untilAgain: model.stuck.kind === "until-again" ? model.stuck.times : 0,
    });
  }
  return {
    clock,
    random: mulberry(scenario.seed),
    machines: new Map(machines.map((machine) => [machine.systemId, machine])),
    deleted: new Map(),
    hostnames: new Map([...machines, newcomer(0)].map(({ systemId, hostname }) => [systemId, hostname])),
    models: new Map(models.map((each) => [each.uuid, each])),
    maas: undefined,
    juju: undefined,
    flickers: 0,
    blocked: false,
    destroyFaults: [...model.calls],
    atTurn: new Set(),
  };
};

/** A machine that somebody adds to the lab's model. */
export const newcomer = (now: number): WorldMachine => ({
  ...freshMachine("zzzz06", "newcomer"),
  ownerData: { "juju-model-uuid": labModel },
  agentName: labModel,
  takenOver: now,
});

/** A new model under the name of the lab's, with applications of its own. */
export const namesake = (): WorldModel => freshModel(labName, "44444444-4444-4444-8444-444444444444");
