import { z } from "zod";
import { duration } from "./duration.ts";
import { ScenarioError, usableOperation } from "./errors.ts";
import { stableSystemId } from "./identity.ts";
import type { Controller } from "./juju/controller.ts";
import type { Maas } from "./maas/maas.ts";
import { type Machine, newMachine, stopAll } from "./maas/machine.ts";
import { type MachineFault, takingSchema } from "./maas/scenario.ts";
import type { SideFaults } from "./maas/side-faults.ts";
import { statusNames } from "./maas/statuses.ts";
import { takeWhenDue } from "./maas/take.ts";
import { faultSchema, resolveScenario } from "./scenario.ts";

/** One order to the running lab: somebody else acts, or something breaks. */
export type ControlOperation = { op: string } & Record<string, unknown>;

const named = z.looseObject({ hostname: z.string() });

/** What may be changed of a machine behind everybody's back. */
const machineFields = z.strictObject({
  hostname: z.string().optional(),
  status: z.enum(statusNames).optional(),
  statusMessage: z.string().nullable().optional(),
  errorDescription: z.string().optional(),
  owner: z.string().nullable().optional(),
  ownerData: z.record(z.string(), z.string()).optional(),
  agentName: z.string().optional(),
  powerState: z.enum(["on", "off", "unknown", "error"]).optional(),
  powerType: z.string().optional(),
  pod: z.string().nullable().optional(),
  locked: z.boolean().optional(),
  osystem: z.string().optional(),
  distroSeries: z.string().optional(),
  commissioned: z.boolean().optional(),
  dynamic: z.boolean().optional(),
  hostsVms: z.string().nullable().optional(),
  zone: z.string().optional(),
  pool: z.string().optional(),
  tags: z.array(z.string()).optional(),
  release: duration.optional(),
  erase: duration.optional(),
});

const find = (maas: Maas, hostname: string): Machine => {
  const machine = [...maas.region.machines.values()].find((candidate) => candidate.hostname === hostname);
  if (!machine) throw new ScenarioError(`The simulated MAAS has no machine ${hostname}.`);
  return machine;
};

const definedOnly = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const addMachine = (maas: Maas, input: unknown): void => {
  const [machine] = resolveScenario({ models: [], machines: [input] }).machines;
  if (machine) maas.region.machines.set(machine.systemId, newMachine(machine, maas.region.machines.size + 1));
};

/** The same hostname with a new system_id, as after a delete and a new enlistment. */
const replaceMachine = (maas: Maas, hostname: string, fields: object): void => {
  const old = find(maas, hostname);
  stopAll(old);
  maas.region.machines.delete(old.systemId);
  const systemId = stableSystemId(`${hostname} replaces ${old.systemId}`);
  maas.region.machines.set(systemId, { ...old, ...fields, systemId, stop: [] });
};

/**
 * Carries out an operation on the MAAS side; false when it is none of its own.
 *
 * @throws ScenarioError for an unknown machine, `config` for an operation that cannot be used.
 */
export const controlMaas = (maas: Maas, faults: SideFaults, operation: ControlOperation): boolean => {
  const hostname = (): string => usableOperation(named, operation).hostname;
  switch (operation.op) {
    case "set-machine": {
      const machine = find(maas, hostname());
      const fields = usableOperation(machineFields, operation.fields);
      if (fields.status !== undefined) stopAll(machine);
      Object.assign(machine, definedOnly(fields));
      takeWhenDue(maas.region, machine);
      return true;
    }
    case "remove-machine": {
      const machine = find(maas, hostname());
      stopAll(machine);
      maas.region.machines.delete(machine.systemId);
      return true;
    }
    case "replace-machine":
      replaceMachine(maas, hostname(), definedOnly(usableOperation(machineFields, operation.fields ?? {})));
      return true;
    case "set-maas-clock":
      maas.region.clockAhead = usableOperation(z.looseObject({ ahead: duration }), operation).ahead;
      return true;
    case "take-machine": {
      const machine = find(maas, hostname());
      machine.taking = usableOperation(takingSchema, operation);
      takeWhenDue(maas.region, machine);
      return true;
    }
    case "maas-away": {
      const { for: away } = usableOperation(z.looseObject({ for: duration }), operation);
      maas.region.awayUntil = maas.region.clock.now() + away;
      faults.add({ side: "maas", kind: "refused", from: 0, for: away, delay: 0 });
      return true;
    }
    case "add-machine":
      addMachine(maas, operation.machine);
      return true;
    case "add-fault":
      return addFault(maas, faults, operation);
    case "clear-faults":
      faults.clear();
      for (const machine of maas.region.machines.values()) machine.faults = [];
      return false; // the Juju side has faults of its own to clear
    default:
      return false;
  }
};

/** A fault of one machine (with `hostname`) or of the whole MAAS side; Juju's faults are not ours. */
const addFault = (maas: Maas, faults: SideFaults, operation: ControlOperation): boolean => {
  if (typeof operation.hostname === "string") {
    const machine = find(maas, operation.hostname);
    const [checked] = resolveScenario({
      models: [],
      machines: [{ hostname: "x", faults: [operation.fault] }],
    }).machines;
    const added: MachineFault[] = checked?.faults ?? [];
    machine.faults.push(...added);
    return true;
  }
  const fault = usableOperation(faultSchema, operation.fault);
  if (fault.side !== "maas") return false;
  faults.add(fault);
  return true;
};

/**
 * Carries out a control operation.
 *
 * @throws ScenarioError when neither side knows it.
 */
export const control = async (
  parts: { maas: Maas; faults: SideFaults; juju: Controller },
  operation: ControlOperation,
): Promise<void> => {
  const byMaas = controlMaas(parts.maas, parts.faults, operation);
  const byJuju = byMaas ? false : parts.juju.control(operation);
  if (!byMaas && !byJuju && operation.op !== "clear-faults")
    throw new ScenarioError(`The simulated lab knows no control operation ${JSON.stringify(operation)}.`);
};
