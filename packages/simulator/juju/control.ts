import { z } from "zod";
import { duration } from "../duration.ts";
import { ScenarioError, usableOperation } from "../errors.ts";
import { removeModel, type Simulation } from "./reap.ts";
import { type JujuFault, type JujuScenario, jujuFaultSchema, modelSchema } from "./scenario.ts";
import { createModel, type Model } from "./state.ts";
import { instant } from "./time.ts";

export type Operation = { readonly op: string } & Record<string, unknown>;

const named = z.object({ name: z.string() });
const withFields = z.object({ name: z.string(), fields: z.record(z.string(), z.unknown()) });
const withFault = z.object({ fault: z.unknown() });

const modelOf = ({ state }: Simulation, name: string): Model => {
  const model = [...state.models.values()].find((candidate) => candidate.name === name);
  if (model) return model;
  throw new ScenarioError(`The simulated controller has no model ${name}.`);
};

/**
 * Someone else acts on the controller: `remove-model`, `recreate-model` (same name, new UUID), `set-model`,
 * `juju-away` (the controller cannot be reached for a while), `add-fault` with `side: juju`, `clear-faults`.
 *
 * @returns false when the operation is none of the Juju side's; `clear-faults` concerns both sides, so false too
 * @throws ScenarioError when it cannot be carried out
 */
export const controlModels = (
  simulation: Simulation,
  scenario: JujuScenario,
  faults: JujuFault[],
  operation: Operation,
): boolean => {
  switch (operation.op) {
    case "remove-model":
      removeModel(simulation, modelOf(simulation, usableOperation(named, operation).name));
      return true;
    case "recreate-model": {
      const { name } = usableOperation(named, operation);
      const before = scenario.models.find((candidate) => candidate.name === name);
      if (!before) throw new ScenarioError(`The scenario has no model ${name}.`);
      for (const model of simulation.state.models.values())
        if (model.name === name) removeModel(simulation, model);
      const fresh = createModel(
        { ...before, uuid: crypto.randomUUID() },
        scenario.machines,
        instant(simulation.clock.now()),
        scenario.controller.version,
      );
      simulation.state.models.set(fresh.uuid, fresh);
      return true;
    }
    case "set-model": {
      const { name, fields } = usableOperation(withFields, operation);
      const model = modelOf(simulation, name);
      const { life, status, ...settings } = fields;
      if (life === "alive" || life === "dying" || life === "dead") model.life = life;
      if (typeof status === "string") model.status = { ...model.status, current: status };
      // Only what was given: the defaults of the schema must not undo what the scenario said.
      const parsed = usableOperation(modelSchema, { ...settings, name });
      const given = Object.entries(parsed).filter(([key]) => key in settings);
      Object.assign(model.scenario, Object.fromEntries(given));
      return true;
    }
    case "add-fault": {
      const fault = jujuFaultSchema.safeParse(usableOperation(withFault, operation).fault);
      if (fault.success) faults.push(fault.data);
      return fault.success;
    }
    case "juju-away":
      simulation.state.awayUntil =
        simulation.clock.now() + usableOperation(z.object({ for: duration }), operation).for;
      return true;
    case "clear-faults":
      faults.splice(0);
      return false;
    default:
      return false;
  }
};
