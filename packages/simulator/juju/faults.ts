import type { JujuFault } from "./scenario.ts";

/** Commands that read local files alone: `*` does not hit them. */
const local: ReadonlySet<string> = new Set(["whoami", "version", "--version", "controllers"]);

/** The fault that a call suffers, counted down; a fault that is used up leaves the list. */
export const takeFault = (faults: JujuFault[], command: string): JujuFault | undefined => {
  const index = faults.findIndex(
    (fault) => fault.command === command || (fault.command === "*" && !local.has(command)),
  );
  const fault = faults[index];
  if (!fault) return undefined;
  fault.times -= 1;
  if (fault.times <= 0) faults.splice(index, 1);
  return fault;
};
