import { type Machine, stopAll, takeFault } from "./machine.ts";
import { note, type Region, setStatus } from "./region.ts";
import { startRelease } from "./release.ts";

/**
 * Wipes a machine's disks: `Disk erasing` for as long as it takes, then a release. MAAS does not watch over it, so
 * an erasure that hangs stays for ever.
 */
export const startErase = (region: Region, machine: Machine): void => {
  stopAll(machine);
  setStatus(region, machine, "Disk erasing");
  note(region, machine, { level: "INFO", type: "Disk erasing" });
  for (const action of region.onRelease.splice(0)) action();
  machine.powerState = machine.powerType === "manual" ? machine.powerState : "on";
  resumeErase(region, machine);
};

/** The end of a wipe that failed or was aborted: the power is off, the owner stays. */
export const failErase = (region: Region, machine: Machine): void => {
  if (machine.powerType !== "manual") machine.powerState = "off";
  setStatus(region, machine, "Failed disk erasing");
  note(region, machine, { level: "ERROR", type: "Failed disk erasing" });
};

/** Lets an erasure run to its end. */
export const resumeErase = (region: Region, machine: Machine): void => {
  if (takeFault(machine, ["never-erased"])) return;
  const cancel = region.clock.after(machine.erase, () => {
    if (machine.status !== "Disk erasing") return;
    if (takeFault(machine, ["erase-fails"])) failErase(region, machine);
    else void startRelease(region, machine);
  });
  machine.stop.push(cancel);
};
