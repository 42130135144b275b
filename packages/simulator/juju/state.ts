import { readFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { ScenarioError } from "../errors.ts";
import { stableUuid } from "../identity.ts";
import { asDeployed, type Bundle, readBundle } from "./bundle.ts";
import { openstackBundle } from "./openstack.ts";
import type { JujuScenario, ModelScenario } from "./scenario.ts";
import { type Instant, instant } from "./time.ts";
import { deploy, type Workload } from "./workload.ts";

export type Life = "alive" | "dying" | "dead";

/** A machine of a model; the number in its id decides its addresses. */
export type Machine = {
  readonly id: string;
  readonly hostname: string;
  readonly systemId: string;
  readonly cores: number;
  readonly constraints: string;
  life: Life;
};

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
export type Contents = { readonly bundle: Bundle; readonly workload: Workload };

/** All that the controller knows. */
export type ControllerState = {
  readonly scenario: JujuScenario["controller"];
  readonly since: Instant;
  /** By UUID, in the order of creation, the controller's own model first. */
  readonly models: Map<string, Model>;
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
  const deployed = machines
    .filter(({ model }) => model === scenario.name)
    .map(
      (machine, index): Machine => ({
        id: machine.jujuMachine ?? String(index),
        hostname: machine.hostname,
        systemId: machine.systemId,
        cores: 16,
        constraints: "arch=amd64 tags=openstack",
        life: "alive",
      }),
    );
  const { applications } = scenario;
  const bundle =
    contents?.bundle ??
    (typeof applications === "number"
      ? openstackBundle(applications, deployed.length, scenario.canary)
      : asDeployed(readBundle(bundleText(applications))));
  const workload = contents?.workload ?? deploy(bundle, machineIdsOf(deployed), addressOf);
  return {
    scenario,
    name: scenario.name,
    owner: scenario.owner,
    uuid: scenario.uuid,
    isController: false,
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

const controllerModel = (scenario: JujuScenario["controller"], since: Instant): Model => {
  const machine: Machine = {
    id: "0",
    hostname: "juju",
    systemId: "juju00",
    cores: 4,
    constraints: "arch=amd64",
    life: "alive",
  };
  const model: ModelScenario = {
    name: "controller",
    owner: scenario.user,
    uuid: scenario.modelUuid ?? stableUuid(`controller model ${scenario.name}`),
    applications: 0,
    canary: false,
    storage: false,
    reap: 0,
    course: [],
    retryEvery: 30_000,
    stuck: "none",
    credentialGoesInvalid: false,
    vmDeletionBug: false,
    releasesMachines: false,
    access: "admin",
    disabled: [],
    summary: { machines: 1, cores: 4, units: 1 },
  };
  const base = createModel(model, [], since, scenario.version, {
    bundle: { base: "ubuntu@22.04/stable", applications: {}, relations: [] },
    workload: noWorkload,
  });
  return { ...base, isController: true, deployed: [machine], machines: [{ ...machine }] };
};

/** The controller when the lab starts. */
export const createState = (
  scenario: JujuScenario,
  clock: Clock,
  contents: Readonly<Record<string, Contents>> = {},
): ControllerState => {
  const since = scenario.controller.since ?? instant(clock.now() - defaultAge);
  const own = controllerModel(scenario.controller, since);
  const models = scenario.models.map((model) =>
    createModel(model, scenario.machines, since, scenario.controller.version, contents[model.name]),
  );
  return {
    scenario: scenario.controller,
    since,
    models: new Map([own, ...models].map((model) => [model.uuid, model])),
  };
};

/** Juju 4 differs in what it prints and in what destroy-model leaves behind. */
export const isJuju4 = (version: string): boolean => Number(version.split(".")[0]) >= 4;
