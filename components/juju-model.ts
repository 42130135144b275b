import type { CustomResourceOptions, dynamic, Output } from "@pulumi/pulumi";
import { type KeptLab, openedLab } from "../teardown/run/recorded-lab.ts";
import { bounded } from "./boundary.ts";
import { keepsRecord, type LabInputs, type LabRecord, type LabState } from "./lab-record.ts";
import { LateBound } from "./late-bound.ts";
import {
  lookingContext,
  notVerified,
  onlyInDestroy,
  refreshTells,
  rowOf,
  teardown,
} from "./provider-process.ts";

/** The Juju model of the lab: found at `up`, destroyed by force at `destroy`, deleted from the stack when it is gone. */
export class JujuModel extends LateBound {
  declare readonly lab: Output<KeptLab>;

  constructor(name: string, inputs: LabInputs, options: CustomResourceOptions) {
    super("JujuModel", name, { ...inputs, lab: undefined }, options);
  }
}

const describe = async (state: LabState): Promise<string> => {
  const { model } = state.lab;
  if (!model) return "was gone already at `up`";
  const { juju } = await lookingContext(state.row);
  const seen = await juju.presence(model.controller, model.uuid);
  if (seen.state === "gone") return "found gone";
  if (!seen.model) return `cannot be seen for sure: ${seen.why ?? "juju gave no reason"}`;
  const { life, status, statusMessage } = seen.model;
  return `found ${life}, ${status}${statusMessage ? `: ${statusMessage}` : ""}`;
};

/** The model's life: `create` and `update` adopt, `read` looks by the recorded UUID, `delete` destroys. */
export const provider: dynamic.ResourceProvider = bounded<LabInputs, LabRecord>(
  "JujuModel",
  ({ jujuModel }) => jujuModel,
  {
    ...keepsRecord("model"),
    read: async (state) => {
      try {
        if (refreshTells()) rowOf(state.row).info(await describe(state));
      } catch (error) {
        rowOf(state.row).warn(`cannot be seen now, its record is kept: ${(error as Error).message}`);
      }
    },
    delete: async (state) => {
      const row = rowOf(state.row);
      await onlyInDestroy("the model", state.row);
      const { destroyModel } = await import("../teardown/destroy-model.ts");
      const { context, run, guarded, captured, told, usual } = await teardown(state.row, {
        knowledge: "whole",
        lab: openedLab(state.lab),
      });
      await guarded(row);
      await captured();
      const { model } = state.lab;
      if (!model) return row.info("was gone already at `up`: nothing to destroy");
      const text = await told(model.name, () =>
        destroyModel({ context, run, row, recorded: model, usual: usual.model }),
      );
      row.info(`${text}${notVerified(state.row)}`);
    },
  },
);
