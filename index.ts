import type { Output } from "@pulumi/pulumi";
import { Lab } from "./components/lab.ts";
import { labSettings } from "./components/program.ts";

const lab = new Lab("lab", labSettings());

/**
 * What `pulumi destroy` would hit, as in the preview: by hostname the system_id, status, power, owner, Juju machine and fate, with
 * two blanks between them and "-" for nothing. One text a machine, because Pulumi writes the stack's outputs with each step.
 */
export const affected: Output<Record<string, string>> = lab.affected.apply((machines) =>
  Object.fromEntries(
    machines.map(({ hostname, systemId, status, power, owner, jujuMachine, fate }) => [
      hostname,
      [systemId, status, power, owner, jujuMachine, fate].map((word) => word || "-").join("  "),
    ]),
  ),
);
export const model: typeof lab.model = lab.model;
