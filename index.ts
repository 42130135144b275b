import type { Output } from "@pulumi/pulumi";
import { Lab } from "./components/lab.ts";
import { labSettings } from "./components/program.ts";
import type { AffectedMachine } from "./teardown/preview.ts";

const lab = new Lab("lab", labSettings());

/** What `pulumi destroy` affects, by hostname; the preview shows more. Short, because Pulumi prints the outputs with each operation. */
export const affected: Output<Record<string, Pick<AffectedMachine, "systemId" | "status" | "onDestroy">>> =
  lab.affected.apply((machines) =>
    Object.fromEntries(
      machines.map(({ hostname, systemId, status, onDestroy }) => [
        hostname,
        { systemId, status, onDestroy },
      ]),
    ),
  );
export const model: typeof lab.model = lab.model;
