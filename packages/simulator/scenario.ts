import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { ScenarioError, usable } from "./errors.ts";
import { stableSystemId, stableUuid } from "./identity.ts";
import {
  type ControllerScenario,
  controllerSchema,
  type JujuFault,
  type JujuScenario,
  jujuFaultSchema,
  type ModelScenario,
  modelSchema,
  otherControllerSchema,
} from "./juju/scenario.ts";
import {
  type MaasFault,
  type MaasScenario,
  type MachineScenario,
  maasFaultSchema,
  maasSchema,
  machineSchema,
} from "./maas/scenario.ts";

/** A fault of a whole side, in the scenario or added while the lab runs. */
export type LabFault = MaasFault | JujuFault;

/** Checks a fault and fills in its defaults. */
export const faultSchema: z.ZodType<LabFault> = z.union([maasFaultSchema, jujuFaultSchema]);

const defaultMachines = [
  { hostname: "openstack0", model: "openstack", powerType: "ipmi" },
  { hostname: "openstack1", model: "openstack", powerType: "ipmi" },
  { hostname: "openstack2", model: "openstack", powerType: "lxd", pod: "kvm-host0" },
  { hostname: "openstack3", model: "openstack", powerType: "lxd", pod: "kvm-host0" },
  { hostname: "capi-mgmt", model: "openstack", powerType: "lxd", pod: "kvm-host0" },
];

const scenarioFile = z.strictObject({
  maas: maasSchema.prefault({}),
  controller: controllerSchema.prefault({}),
  models: z.array(modelSchema).prefault([{ name: "openstack" }]),
  otherControllers: z.array(otherControllerSchema).default([]),
  machines: z.array(machineSchema).prefault(defaultMachines),
  faults: z.array(faultSchema).default([]),
});

type ScenarioFile = z.output<typeof scenarioFile>;

/** What a scenario file may say; `readScenario` and `resolveScenario` check it. */
export type ScenarioInput = {
  maas?: Record<string, unknown>;
  controller?: Record<string, unknown>;
  models?: Record<string, unknown>[];
  otherControllers?: ({ store: string } & Record<string, unknown>)[];
  machines?: ({ hostname: string } & Record<string, unknown>)[];
  faults?: Record<string, unknown>[];
};

/** A machine with everything decided: identity, owner, what Juju wrote into MAAS about it. */
export type LabMachine = MachineScenario & {
  systemId: string;
  owner: string | null;
  ownerData: Record<string, string>;
  agentName: string;
  powerState: "on" | "off" | "unknown" | "error";
  pod: string | null;
};

/** Another controller, with its models and its machines. */
export type OtherController = JujuScenario & { readonly store: string };

/** A scenario with every default filled in and every identity decided. */
export type Scenario = {
  /** Tells it from what a scenario file says. */
  resolved: true;
  maas: MaasScenario;
  controller: ControllerScenario;
  models: ModelScenario[];
  otherControllers: OtherController[];
  machines: LabMachine[];
  faults: LabFault[];
};

/** The keys under which Juju's MAAS provider describes a machine in its owner_data (juju environs/tags). */
const jujuOwnerData = (
  model: ModelScenario,
  controllerUuid: string,
  machine: string,
  units: readonly string[],
): Record<string, string> => ({
  "juju-model-uuid": model.uuid,
  "juju-controller-uuid": controllerUuid,
  "juju-units-deployed": units.join(" "),
  "juju-machine-id": `juju-${model.uuid.slice(-6)}-${machine}`,
});

/** Statuses in which a machine has no owner and its power is off, unless the scenario says otherwise. */
const unowned: ReadonlySet<string> = new Set(["New", "Missing", "Ready", "Retired"]);

/** A controller and its models with their identities, which `seed` keeps apart from those of another one. */
const identify = <Given extends ScenarioFile["controller"]>(
  given: Given,
  models: ScenarioFile["models"],
  seed = "",
) => {
  const controller = {
    ...given,
    uuid: given.uuid ?? stableUuid(`controller ${seed}${given.name}`),
    modelUuid: given.modelUuid ?? stableUuid(`controller model ${seed}${given.name}`),
    client: given.client ?? given.version,
    bootstrappedBy: given.bootstrappedBy ?? given.user,
  };
  return {
    controller,
    models: models.map((model) => ({
      ...model,
      owner: model.owner ?? controller.user,
      uuid: model.uuid ?? stableUuid(`model ${seed}${model.name}`),
    })),
  };
};

const complete = (file: ScenarioFile): Scenario => {
  const { controller, models } = identify(file.controller, file.models);
  const others = file.otherControllers.map(({ store, models: own, ...given }) => ({
    store,
    ...identify(given, own, `${store} `),
  }));
  const homeOf = (store: string | undefined): { controller: ControllerScenario; models: ModelScenario[] } => {
    const other = others.find((candidate) => candidate.store === store);
    if (store !== undefined && !other)
      throw new ScenarioError(`The scenario has no other controller with the store ${store}.`);
    return other ?? { controller, models };
  };
  const places = new Map<string, number>();
  const machines = file.machines.map((machine): LabMachine => {
    const home = homeOf(machine.controller);
    const model = home.models.find(({ name }) => name === machine.model);
    if (machine.model !== undefined && !model)
      throw new ScenarioError(
        `Machine ${machine.hostname} is in model ${machine.model}, which the scenario does not have.`,
      );
    const key = `${machine.controller ?? ""} ${machine.model ?? ""}`;
    const place = places.get(key) ?? 0;
    places.set(key, place + 1);
    const free = unowned.has(machine.status);
    const juju =
      model && !free
        ? jujuOwnerData(model, home.controller.uuid, machine.jujuMachine ?? `${place}`, machine.units ?? [])
        : {};
    return {
      ...machine,
      systemId: machine.systemId ?? stableSystemId(machine.hostname),
      owner: machine.owner === undefined ? (free ? null : "juju") : machine.owner,
      ownerData: machine.ownerData ?? juju,
      agentName: machine.agentName ?? (model && !free ? model.uuid : ""),
      jujuMachine: machine.jujuMachine ?? `${place}`,
      powerState: machine.powerState ?? (machine.powerType === "manual" ? "unknown" : free ? "off" : "on"),
      pod: machine.pod ?? null,
    };
  });
  const otherControllers = others.map((other) => ({
    ...other,
    machines: machines.filter((machine) => machine.controller === other.store),
    faults: [],
  }));
  return { ...file, resolved: true, controller, models, otherControllers, machines };
};

/**
 * A scenario with all defaults: five deployed machines and their model when `input` says nothing.
 *
 * @throws ScenarioError naming each field that cannot be used.
 */
export const resolveScenario = (input: unknown = {}): Scenario =>
  complete(usable("The scenario", scenarioFile, input ?? {}));

/** Reads a scenario file, YAML or JSON. Throws ScenarioError `config`. */
export const readScenario = async (file: string): Promise<Scenario> =>
  resolveScenario(parse(await readFile(file, "utf8")));
