import type { CustomResourceOptions, dynamic } from "@pulumi/pulumi";
import { openedLab } from "../teardown/run/recorded-lab.ts";
import { bounded } from "./boundary.ts";
import { keepsRecord, type LabInputs, type LabRecord } from "./lab-record.ts";
import { LateBound } from "./late-bound.ts";
import { onlyInDestroy, rowOf, teardown } from "./provider-process.ts";

/** The first thing that a destroy deletes: every guard, before anything is touched. */
export class Preflight extends LateBound {
  constructor(name: string, inputs: LabInputs, options: CustomResourceOptions) {
    super("Preflight", name, inputs, options);
  }
}

/** Preflight's life: `create` adopts, `delete` asks the guards. */
export const provider: dynamic.ResourceProvider = bounded<LabInputs, LabRecord>(
  "Preflight",
  () => "preflight",
  {
    ...keepsRecord("preflight"),
    read: async () => {},
    delete: async ({ row, lab }) => {
      await onlyInDestroy("the lab", row);
      const { guarded, run } = await teardown(row, { knowledge: "whole", lab: openedLab(lab) });
      const { findings } = await guarded(rowOf(row));
      const { shownPath } = await import("../teardown/run/run-directory.ts");
      rowOf(row).info(`${findings.length} guards passed; the run directory is ${shownPath(run.directory)}`);
    },
  },
);
