import { join } from "node:path";

/** The folder of what was recorded of real MAAS servers and juju clients; its README says what is what. */
export const recordings: string = join(import.meta.dirname, "recordings");
