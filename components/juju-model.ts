import type { dynamic } from "@pulumi/pulumi";
import { destroyModel } from "../teardown/destroy-model.ts";
import { identityOf, type LabRecord } from "../teardown/record.ts";
import { bounded, holdsRecord, recordOf, type State } from "./life.ts";
import { lookingContext, notVerified, refreshTells, rowOf, teardown } from "./operation.ts";
import { type LabInputs, type LabOptions, LabResource } from "./resource.ts";

/** The Juju model of the lab: found at `up`, destroyed by force at `destroy`, deleted from the stack when it is dying. */
export class JujuModel extends LabResource {
  constructor(name: string, inputs: LabInputs, options: LabOptions) {
    super("JujuModel", "juju-model", name, inputs, options);
  }
}

const describe = async (row: string, { model }: LabRecord): Promise<string> => {
  if (!model) return "was gone already at `up`";
  const { juju } = await lookingContext(row);
  const seen = await juju.presence(identityOf(model));
  if (seen.state === "gone") return "found gone";
  if (seen.state === "unclear" || !seen.model)
    return `cannot be seen for sure: ${seen.why ?? "juju gave no reason"}`;
  const { life, status, statusMessage } = seen.model;
  return `found ${life}, ${status}${statusMessage ? `: ${statusMessage}` : ""}`;
};

/** The model's life: `read` looks by the recorded UUID, `delete` destroys. */
export const life: dynamic.ResourceProvider = bounded<State>({
  ...holdsRecord(() => "model"),
  read: async ({ row, record }) => {
    if (!record || !refreshTells()) return;
    try {
      rowOf(row).info(await describe(row, record));
    } catch (error) {
      rowOf(row).warn(`could not be read; keeping the recorded state: ${(error as Error).message}`);
    }
  },
  delete: async (state) => {
    const row = rowOf(state.row);
    const { context, run, guarded, captured, told, usual } = await teardown(state.row, recordOf(state));
    await guarded(row);
    await captured(row);
    const { model } = recordOf(state);
    if (!model) return row.info("was gone already at `up`: nothing to destroy");
    const text = await told(model.name, () =>
      destroyModel({ context, run, row, recorded: model, typical: usual.model }),
    );
    row.info(`${text}${notVerified(state.row)}`);
  },
});
