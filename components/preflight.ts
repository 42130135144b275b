import type { dynamic } from "@pulumi/pulumi";
import { shownPath } from "../teardown/run/run-directory.ts";
import { bounded, holdsRecord, recordOf, type State } from "./life.ts";
import { rowOf, teardown } from "./operation.ts";
import { type LabInputs, type LabOptions, LabResource } from "./resource.ts";

/** The first thing that a destroy deletes: every guard, before anything is touched. */
export class Preflight extends LabResource {
  constructor(name: string, inputs: LabInputs, options: LabOptions) {
    super("Preflight", "preflight", name, inputs, options);
  }
}

/** Preflight's life: `delete` asks the guards. */
export const life: dynamic.ResourceProvider = bounded<State>({
  ...holdsRecord(() => "preflight"),
  delete: async (state) => {
    const { guarded, run } = await teardown(state.row, recordOf(state));
    const { findings } = await guarded(rowOf(state.row));
    rowOf(state.row).info(
      `${findings.length} guards passed; the run directory is ${shownPath(run.directory)}`,
    );
  },
});
