import { readFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { ScenarioError } from "../errors.ts";
import { stableUuid } from "../identity.ts";
import { asDeployed, type Bundle, readBundle } from "./bundle.ts";
import { openstackBundle } from "./openstack.ts";
import { type JujuScenario, type ModelScenario, modelSchema } from "./scenario.ts";
import { type Instant, instant } from "./time.ts";
import { deploy, type Workload } from "./workload.ts";

export type Life = "alive" | "dying" | "dead";

/** A machine of a model; the number in its id decides its address, unless it has one of its own. */
export type Machine = {
  readonly id: string;
  readonly hostname: string;
  /** `instance-id`: MAAS's system_id, `manual:<address>`, or `pending`. */
  readonly instanceId: string;
  readonly address: string;
  readonly cores: number;
  readonly constraints: string;
  readonly hardware: string;
  /** How much of it the controller knows: all; no network interfaces; nothing yet, as its agent never called. */
  readonly knows: "all" | "addresses" | "nothing";
  life: Life;
};

/** A machine that Juju started an instance for, in MAAS. */
export const isMaas = ({ instanceId }: Machine): boolean => !/^(manual:|pending$)/.test(instanceId);

/** The destruction of a model, from destroy-model on. */
export type Destruction = {
  readonly startedAt: number;
  readonly skipsCloud: boolean;
  /** Waits for someone to act; see `stuck` in the scenario. */
  stuck: boolean;
  /** The provider is at work, or was refused. */
  phase: "cleaning" | "tearing down" | "suspended";
  cancel: (() => void)[];
};

export type Model = {
  readonly scenario: ModelScenario;
  readonly name: string;
  readonly owner: string;
  readonly uuid: string;
  readonly isController: boolean;
  readonly version: string;
  readonly since: Instant;
  readonly bundle: Bundle;
  readonly workload: Workload;
  /** As deployed: what remove-machine reports even when the model is half gone. */
  readonly deployed: readonly Machine[];
  machines: Machine[];
  applications: string[];
  volumes: number;
  errors: number;
  life: Life;
  status: { current: string; message: string; since: Instant };
  destruction: Destruction | undefined;
};

/** What a test may put in place of the generated contents of a model. */
export type Contents = {
  readonly bundle: Bundle;
  readonly workload: Workload;
  readonly machines?: Partial<Pick<Machine, "cores" | "constraints" | "hardware" | "knows">>;
};

/** All that the controller knows. */
export type ControllerState = {
  readonly scenario: JujuScenario["controller"];
  readonly since: Instant;
  /** By UUID, in the order of creation, the controller's own model first. */
  readonly models: Map<string, Model>;
  /** Lab time until which the controller cannot be reached. */
  awayUntil: number;
};

/** The address of a machine, or, from its number in the model on, of a container. */
export const addressOf = (machine: string, container: number): string => {
  const host = container < 0 ? 20 + Number(machine) : 30 + container;
  return `10.12.${8 + Math.floor(host / 256)}.${host % 256}`;
};

/** Three months: what runs was not deployed today, so juju prints a date. */
const defaultAge = 90 * 86_400_000;

const machineIdsOf = (machines: readonly Machine[]): string[] => machines.map(({ id }) => id);

const bundleText = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ScenarioError(`The scenario's bundle file ${file} cannot be read.`, { cause });
  }
};

/** Builds a model with everything running. */
export const createModel = (
  scenario: ModelScenario,
  machines: JujuScenario["machines"],
  since: Instant,
  version: string,
  contents?: Contents,
): Model => {
  const usual = {
    cores: 16,
    constraints: "arch=amd64 tags=openstack",
    hardware:
      "arch=amd64 cores=16 mem=65536M tags=openstack,virtual availability-zone=default virt-type=virtual-machine",
    knows: "all",
    life: "alive",
    ...contents?.machines,
  } as const;
  const own = machines.filter(({ model }) => model === scenario.name);
  const fromMaas = own.map(({ hostname, systemId, jujuMachine }, index): Machine => {
    const id = jujuMachine ?? String(index);
    return { ...usual, id, hostname, instanceId: systemId, address: addressOf(id, -1) };
  });
  const next = Math.max(-1, ...fromMaas.map(({ id }) => Number(id))) + 1;
  const pending = Array.from({ length: scenario.pending }, (_, index): Machine => {
    const id = String(next + index);
    return {
      ...usual,
      id,
      hostname: "",
      instanceId: "pending",
      address: "",
      constraints: "arch=amd64",
      hardware: "",
      knows: "nothing",
    };
  });
  const byHand = scenario.manual.map((address, index): Machine => {
    const [id, hostname] = [String(next + scenario.pending + index), `manual-${index}`];
    return { ...usual, id, hostname, instanceId: `manual:${address}`, address, constraints: "arch=amd64" };
  });
  // Those that were added by hand come last: a dying model keeps its last machines.
  const deployed = [...fromMaas, ...pending, ...byHand];
  const { applications } = scenario;
  const bundle =
    contents?.bundle ??
    (typeof applications === "number"
      ? openstackBundle(applications, fromMaas.length, scenario.canary)
      : asDeployed(readBundle(bundleText(applications))));
  const workload = contents?.workload ?? deploy(bundle, machineIdsOf(fromMaas), addressOf);
  return {
    scenario,
    name: scenario.name,
    owner: scenario.owner,
    uuid: scenario.uuid,
    isController: scenario.isController,
    version: scenario.version ?? version,
    since,
    bundle,
    workload,
    deployed,
    machines: deployed.map((machine) => ({ ...machine })),
    applications: workload.applications.map(({ name }) => name),
    volumes: scenario.storage === false ? 0 : 1,
    errors: 0,
    life: "alive",
    status: { current: "available", message: "", since },
    destruction: undefined,
  };
};

const noWorkload: Workload = { applications: [], containers: {}, storage: {} };

/** The controller's own model, of which the lab's user is an admin only when the user bootstrapped it. */
const controllerModel = (scenario: JujuScenario["controller"], since: Instant): Model => {
  const model: ModelScenario = {
    ...modelSchema.parse({ name: "controller", summary: { machines: 1, cores: 4, units: 1 } }),
    isController: true,
    owner: scenario.bootstrappedBy,
    uuid: scenario.modelUuid ?? stableUuid(`controller model ${scenario.name}`),
    access: scenario.bootstrappedBy === scenario.user ? "admin" : "none",
  };
  const machine = { hostname: "juju", systemId: "juju00", status: "Deployed", model: model.name };
  return createModel(model, [machine], since, scenario.version, {
    bundle: { base: "ubuntu@22.04/stable", applications: {}, relations: [] },
    workload: noWorkload,
    machines: { cores: 4, constraints: "arch=amd64" },
  });
};

/** The cloud that a model is on. */
export const cloudOf = (
  { name }: JujuScenario["controller"],
  { scenario: { cloud } }: Model,
): { readonly name: string; readonly region: string; readonly type: string } =>
  cloud ?? { name, region: "default", type: "maas" };

/** The controller when the lab starts. */
export const createState = (
  scenario: JujuScenario,
  clock: Clock,
  contents: Readonly<Record<string, Contents>> = {},
): ControllerState => {
  const since = scenario.controller.since ?? instant(clock.now() - defaultAge);
  const own = scenario.models.some(({ isController }) => isController)
    ? []
    : [controllerModel(scenario.controller, since)];
  const models = scenario.models.map((model) =>
    createModel(model, scenario.machines, since, scenario.controller.version, contents[model.name]),
  );
  return {
    scenario: scenario.controller,
    since,
    models: new Map([...own, ...models].map((model) => [model.uuid, model])),
    awayUntil: 0,
  };
};

/** Juju 4 differs in what it prints and in what destroy-model leaves behind. */
export const isJuju4 = (version: string): boolean => Number(version.split(".")[0]) >= 4;
