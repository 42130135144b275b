import type { dynamic } from "@pulumi/pulumi";
import { destroyModel } from "../teardown/destroy-model.ts";
import type { JujuSurvey } from "../teardown/survey.ts";
import { bounded, holdsRecord, recordOf, type State } from "./life.ts";
import { judged, notVerified, refreshTells, rowOf, teardown } from "./operation.ts";
import { type LabInputs, type LabOptions, LabResource } from "./resource.ts";

/** The Juju model of the lab: found at `up`, destroyed by force at `destroy`, deleted from the stack when it is dying. */
export class JujuModel extends LabResource {
  constructor(name: string, inputs: LabInputs, options: LabOptions) {
    super("JujuModel", "juju-model", name, inputs, options);
  }
}

const describe = ({ presence }: JujuSurvey): string => {
  if (!presence) return "was gone already at `up`";
  if (presence.state === "gone") return "found gone";
  if (!presence.model) return `cannot be seen for sure: ${presence.why ?? "juju gave no reason"}`;
  const { life, status, statusMessage } = presence.model;
  return `found ${life}, ${status}${statusMessage ? `: ${statusMessage}` : ""}`;
};

/** The model's life: `read` looks by the recorded UUID, `delete` destroys. */
export const life: dynamic.ResourceProvider = bounded<State>({
  ...holdsRecord(() => "model"),
  read: async ({ row, record }) => {
    if (!record || !refreshTells()) return;
    // What could not be looked at is told by the exit criteria, once.
    const juju = (await judged(row, record).catch(() => undefined))?.seen.juju;
    if (juju?.answered) rowOf(row).info(describe(juju));
  },
  delete: async (state) => {
    const row = rowOf(state.row);
    const { context, run, gate, told, typical } = await teardown(state.row, recordOf(state));
    const { model } = await gate(row);
    if (!model) return row.info("nothing to destroy: the model is gone, or its controller is lost");
    const text = await told(model.name, () =>
      destroyModel({ context, run, row, recorded: model, typical: typical.model }),
    );
    row.info(`${text}${notVerified(state.row)}`);
  },
});
