/**
 * What another Pulumi program imports: `import { Lab, labSettings } from "openstack-lab"`. The settings come from the keys
 * `openstack-lab:...` of its stacks, and only from there: a destroy runs no program and reads them itself.
 */
export { Lab } from "./components/lab.ts";
export { labSettings } from "./components/program.ts";
export type { Settings } from "./teardown/config/settings.ts";
export { TeardownError } from "./teardown/errors.ts";
export type { AffectedMachine, AffectedModel } from "./teardown/preview.ts";
