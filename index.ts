import { Lab } from "./components/lab.ts";
import { labSettings } from "./config/program.ts";

const lab = new Lab("lab", labSettings());

/** What `pulumi destroy` would hit: one entry a machine, and the model. */
export const affected: typeof lab.affected = lab.affected;
export const model: typeof lab.model = lab.model;
