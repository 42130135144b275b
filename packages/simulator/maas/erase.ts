import { powerObeys, takeFault } from "./faults.ts";
import { type Machine, stopAll } from "./machine.ts";
import { markFailed, type Region, setStatus } from "./region.ts";
import { startRelease } from "./release.ts";

/**
 * Wipes a machine's disks: `Disk erasing` for as long as it takes, then a release. MAAS does not watch over it, so
 * an erasure that hangs stays for ever.
 */
export const startErase = (region: Region, machine: Machine): void => {
  stopAll(machine);
  setStatus(region, machine, "Disk erasing");
  for (const action of region.onRelease.splice(0)) action();
  resumeErase(region, machine);
};

/** The power goes on after MAAS has answered, unless it does not obey. */
export const powerOnForErase = (machine: Machine): void => {
  if (machine.powerType !== "manual" && powerObeys(machine)) machine.powerState = "on";
};

/** The end of a wipe that was aborted: the power is off, the owner stays. */
export const abortErase = (region: Region, machine: Machine): void => {
  stopAll(machine);
  if (machine.powerType !== "manual") machine.powerState = "off";
  setStatus(region, machine, "Failed disk erasing");
};

/** Lets an erasure run to its end. */
export const resumeErase = (region: Region, machine: Machine): void => {
  const fault = takeFault(machine, "erase");
  if (fault?.does === "never") return;
  const cancel = region.clock.after(machine.erase, () => {
    if (machine.status !== "Disk erasing") return;
    if (fault) {
      if (machine.powerType !== "manual") machine.powerState = "off";
      markFailed(region, machine, "Failed disk erasing", "Failed to erase disks.");
    } else void startRelease(region, machine);
  });
  machine.stop.push(cancel);
};
