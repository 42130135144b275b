import type { dynamic } from "@pulumi/pulumi";
import { followReaping } from "../teardown/destroy-model.ts";
import { bounded, holdsRecord, recordOf, type State } from "./life.ts";
import { notVerified, rowOf, teardown } from "./operation.ts";
import { type LabInputs, type LabOptions, LabResource } from "./resource.ts";

/** Juju's removal of the dying model: followed until it is gone, with the runbook's procedure for one that is stuck. */
export class JujuReaping extends LabResource {
  constructor(name: string, inputs: LabInputs, options: LabOptions) {
    super("JujuReaping", "juju-reaping", name, inputs, options);
  }
}

/** The reaping's life: `delete` follows the model until it is gone. */
export const life: dynamic.ResourceProvider = bounded<State>({
  ...holdsRecord(() => "reaping"),
  delete: async (state) => {
    const row = rowOf(state.row);
    const { context, run, gate, told, typical } = await teardown(state.row, recordOf(state));
    const { model } = await gate(row);
    if (!model) return row.info("nothing to follow: the model is gone, or its controller is lost");
    const text = await told("reaping", () =>
      followReaping({ context, run, row, recorded: model, typical: typical.model }),
    );
    row.info(`${text}${notVerified(state.row)}`);
  },
});
