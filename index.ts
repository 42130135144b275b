import type { Output } from "@pulumi/pulumi";
import { Lab } from "./components/lab.ts";
import { labSettings } from "./config/program.ts";

const lab = new Lab("lab", labSettings());

/** What `pulumi destroy` would do, by hostname, and to the model. */
export const affected: Output<Record<string, string>> = lab.affected.apply((machines) =>
  Object.fromEntries(machines.map(({ hostname, fate }) => [hostname, fate])),
);
export const model: typeof lab.model = lab.model;
