import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { ScenarioError } from "./errors.ts";
import { stableSystemId, stableUuid } from "./identity.ts";
import {
  type ControllerScenario,
  controllerSchema,
  type JujuFault,
  jujuFaultSchema,
  type ModelScenario,
  modelSchema,
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
  machines: z.array(machineSchema).prefault(defaultMachines),
  faults: z.array(faultSchema).default([]),
});

type ScenarioFile = z.output<typeof scenarioFile>;

/** What a scenario file may say; `readScenario` and `resolveScenario` check it. */
export type ScenarioInput = {
  maas?: Record<string, unknown>;
  controller?: Record<string, unknown>;
  models?: Record<string, unknown>[];
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

/** A scenario with every default filled in and every identity decided. */
export type Scenario = {
  /** Tells it from what a scenario file says. */
  resolved: true;
  maas: MaasScenario;
  controller: ControllerScenario;
  models: ModelScenario[];
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

const complete = (file: ScenarioFile): Scenario => {
  const controller = {
    ...file.controller,
    uuid: file.controller.uuid ?? stableUuid(`controller ${file.controller.name}`),
    client: file.controller.client ?? file.controller.version,
    bootstrappedBy: file.controller.bootstrappedBy ?? file.controller.user,
  };
  const models = file.models.map((model) => ({
    ...model,
    owner: model.owner ?? controller.user,
    uuid: model.uuid ?? stableUuid(`model ${model.name}`),
  }));
  const places = new Map<string, number>();
  const machines = file.machines.map((machine): LabMachine => {
    const model = models.find(({ name }) => name === machine.model);
    if (machine.model !== undefined && !model)
      throw new ScenarioError(
        `Machine ${machine.hostname} is in model ${machine.model}, which the scenario does not have.`,
      );
    const place = places.get(machine.model ?? "") ?? 0;
    places.set(machine.model ?? "", place + 1);
    const free = unowned.has(machine.status);
    const juju =
      model && !free
        ? jujuOwnerData(model, controller.uuid, machine.jujuMachine ?? `${place}`, machine.units ?? [])
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
  return { ...file, resolved: true, controller, models, machines };
};

/**
 * A scenario with all defaults: five deployed machines and their model when `input` says nothing.
 *
 * @throws ScenarioError naming each field that cannot be used.
 */
export const resolveScenario = (input: unknown = {}): Scenario => {
  const parsed = scenarioFile.safeParse(input ?? {});
  if (!parsed.success)
    throw new ScenarioError(`The scenario cannot be used:\n${z.prettifyError(parsed.error)}`);
  return complete(parsed.data);
};

/** Reads a scenario file, YAML or JSON. Throws ScenarioError `config`. */
export const readScenario = async (file: string): Promise<Scenario> =>
  resolveScenario(parse(await readFile(file, "utf8")));
