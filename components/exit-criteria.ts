import type { CustomResourceOptions, dynamic } from "@pulumi/pulumi";
import { openedLab } from "../teardown/run/recorded-lab.ts";
import { bounded } from "./boundary.ts";
import { keepsRecord, type LabInputs, type LabRecord } from "./lab-record.ts";
import { LateBound } from "./late-bound.ts";
import { onlyInDestroy, rowOf, teardown } from "./provider-process.ts";

/** The last thing that a destroy deletes: everything is read afresh, and only then is the lab torn down. */
export class ExitCriteria extends LateBound {
  constructor(name: string, inputs: LabInputs, options: CustomResourceOptions) {
    super("ExitCriteria", name, inputs, options);
  }
}

/** The exit criteria's life: `create` adopts, `delete` checks, and closes the run. */
export const provider: dynamic.ResourceProvider = bounded<LabInputs, LabRecord>(
  "ExitCriteria",
  () => "exit-criteria",
  {
    ...keepsRecord("exit-criteria"),
    read: async () => {},
    delete: async ({ row, lab: kept }) => {
      await onlyInDestroy("the lab", row);
      const lab = openedLab(kept);
      const [{ checkExitCriteria }, { report }] = await Promise.all([
        import("../teardown/exit-criteria.ts"),
        import("../teardown/report.ts"),
      ]);
      const { context, run, poller } = await teardown(row, { knowledge: "whole", lab, last: true });
      try {
        rowOf(row).info(await checkExitCriteria({ context, run, lab, poller, row: rowOf(row) }));
      } finally {
        await report(run);
      }
    },
  },
);
