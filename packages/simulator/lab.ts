import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Call, callLog } from "./call-log.ts";
import { type Clock, realClock } from "./clock.ts";
import { type ControlOperation, control } from "./control.ts";
import { ScenarioError } from "./errors.ts";
import { makeHome } from "./home.ts";
import { createController, joinControllers } from "./juju/controller.ts";
import { openListener } from "./listener.ts";
import type { MachineView } from "./maas/inventory.ts";
import { createMaas, type Maas } from "./maas/maas.ts";
import { viewOf } from "./maas/machine.ts";
import { createMaasServer } from "./maas/serve.ts";
import { createSideFaults } from "./maas/side-faults.ts";
import { resolveScenario, type Scenario, type ScenarioInput } from "./scenario.ts";
import { labHandler } from "./server.ts";

export type LabOptions = {
  /** A resolved scenario, or what a scenario file would say; default: the happy lab of five machines. */
  readonly scenario?: Scenario | ScenarioInput;
  /** Lab milliseconds in a real one. */
  readonly speed?: number;
  /** Default: any free port. */
  readonly port?: number;
  /** Where the lab keeps its files. */
  readonly dir: string;
  /** Real cost of a read and of the clients' start-up. */
  readonly latency?: boolean;
};

/** The whole truth about the lab. */
export type LabState = { readonly now: string; readonly machines: MachineView[]; readonly juju: unknown };

/** A running lab. */
export type Lab = {
  readonly url: string;
  /** Where the profile finds MAAS: a port of its own, which a fault can close. `url` serves it too. */
  readonly maasUrl: string;
  readonly dir: string;
  /** What the clients need: PATH, HOME, JUJU_DATA, SIMULATED_LAB_URL. */
  readonly env: Readonly<Record<string, string>>;
  /** The JUJU_DATA of each other controller, by the name that the scenario gives its store. */
  readonly stores: Readonly<Record<string, string>>;
  /** `consumer:token:secret` of the profile's user. */
  readonly apiKey: string;
  readonly clock: Clock;
  readonly state: () => LabState;
  readonly calls: () => Call[];
  readonly control: (operation: ControlOperation) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const profileOf = (scenario: Scenario, maas: Maas): { profile: string; key: string } => {
  const { name, user } = scenario.maas.profile;
  const key = maas.keyOfUser(user);
  if (!key) throw new ScenarioError(`The profile's user ${user} is none of the scenario's users.`);
  return { profile: name, key };
};

/**
 * Starts the simulated lab in this process.
 *
 * @throws ScenarioError for a scenario that cannot be used.
 */
export const startLab = async (options: LabOptions): Promise<Lab> => {
  const given = options.scenario ?? {};
  const scenario = "resolved" in given ? given : resolveScenario(given);
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true });
  const clock = realClock(options.speed ?? 1);
  const log = callLog(join(dir, "calls.jsonl"));
  const latency = options.latency ?? false;
  const maas = createMaas({ clock, scenario, log });
  const own = {
    ...scenario,
    machines: scenario.machines.filter(({ controller }) => controller === undefined),
  };
  const juju = joinControllers(
    createController({ clock, scenario: own, maas: maas.inventory, log }),
    scenario.otherControllers.map((other) => ({
      store: other.store,
      ...createController({ clock, scenario: other, maas: maas.inventory, log }),
    })),
  );
  const maasPort = await openListener((request, response) => handler(request, response), 0);
  const faults = createSideFaults(
    clock,
    scenario.faults.filter((fault) => fault.side === "maas"),
    (open) => void maasPort.setOpen(open),
  );
  maas.region.onRelease.push(faults.releaseBegan);
  const state = (): LabState => ({
    now: new Date(clock.now()).toISOString(),
    machines: [...maas.region.machines.values()].map(viewOf),
    juju: juju.state(),
  });
  const order = (operation: ControlOperation): Promise<void> => control({ maas, faults, juju }, operation);
  const handler = labHandler({
    maas: createMaasServer({ maas, clock, log, faults, latency, sleep: (ms) => sleep(ms) }),
    juju,
    log,
    state,
    control: order,
  });
  const labPort = await openListener(handler, options.port ?? 0);
  const url = `http://127.0.0.1:${labPort.port}`;
  const maasUrl = `http://127.0.0.1:${maasPort.port}`;
  const profile = profileOf(scenario, maas);
  const extra: Record<string, string> = {
    SIMULATED_LAB_SPEED: `${clock.speed}`,
    ...(latency ? { SIMULATED_LAB_LATENCY: "1" } : {}),
  };
  const { env } = await makeHome(dir, { url, maasUrl, ...profile, extra });
  juju.writeClientStore(env.JUJU_DATA ?? dir);
  const stores = juju.writeOtherStores(env.HOME ?? dir);
  const stop = async (): Promise<void> => {
    await Promise.all([maasPort.stop(), labPort.stop()]);
  };
  return {
    url,
    maasUrl,
    dir,
    env,
    stores,
    apiKey: profile.key,
    clock,
    state,
    calls: log.all,
    control: order,
    stop,
  };
};
