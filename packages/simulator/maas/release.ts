import { answers, releaseTimedOut } from "./answers.ts";
import { type Machine, stopAll, takeFault, takeWholeFault } from "./machine.ts";
import { markFailed, note, type Region, setStatus, type User } from "./region.ts";
import type { Reply } from "./reply.ts";
import type { StatusName } from "./statuses.ts";
import { takeWhenDue } from "./take.ts";

/** Lab ms after which MAAS gives up on a release. Source: recorded; hard coded in MAAS. */
const releaseExpires = 300_000;

/** How a power-off that MAAS waits for ended: an answer when it failed. */
export type PowerOff = { readonly failed?: Reply };

/** What the record of a machine loses when its release begins; the owner stays until the end. */
const clearDeployment = (machine: Machine): void => {
  machine.agentName = "";
  machine.osystem = "";
  machine.distroSeries = "";
  if (machine.filesystem === "acquired") machine.filesystem = "none";
};

/** The end of a release, when the power is off. A machine composed on allocation goes away. */
const finishRelease = (region: Region, machine: Machine): void => {
  if (machine.dynamic || takeFault(machine, ["vanishes"])) {
    region.machines.delete(machine.systemId);
    return;
  }
  machine.owner = null;
  machine.ownerData = {};
  setStatus(region, machine, machine.commissioned ? "Ready" : "New");
  note(region, machine, { level: "INFO", type: "Released" });
  machine.taking = takeWholeFault(machine, ["taken"]) ?? machine.taking;
  takeWhenDue(region, machine);
};

/** A release that takes too long fails; the owner stays, and a release can be asked for again. */
const watchRelease = (region: Region, machine: Machine): void => {
  const cancel = region.clock.after(releaseExpires, () => {
    if (machine.status === "Releasing") markFailed(region, machine, "Releasing failed", releaseTimedOut);
  });
  machine.stop.push(cancel);
};

/** Whether there is nothing to switch off. A power whose state MAAS could not read is switched off all the same. */
const powerIsOff = ({ powerState, powerType }: Machine): boolean =>
  powerState === "off" || powerType === "manual";

/**
 * Starts the release of a machine: synchronously everything that MAAS does before it renders its answer, then the
 * power-off, for which the returned promise waits. It resolves at once when the power is off already.
 */
export const startRelease = (
  region: Region,
  machine: Machine,
  { signal }: { signal?: AbortSignal } = {},
): Promise<PowerOff> => {
  const before = machine.status;
  stopAll(machine);
  clearDeployment(machine);
  setStatus(region, machine, "Releasing");
  note(region, machine, { level: "INFO", type: "Releasing" });
  for (const action of region.onRelease.splice(0)) action();
  if (powerIsOff(machine)) {
    finishRelease(region, machine);
    return Promise.resolve({});
  }
  watchRelease(region, machine);
  return powerOff(region, machine, before, signal);
};

/** Carries on with a release that was under way when the lab began. */
export const resumeRelease = (region: Region, machine: Machine): void => {
  if (powerIsOff(machine)) return;
  watchRelease(region, machine);
  void powerOff(region, machine, "Deployed", undefined);
};

/** Waits for the power to go off, and ends the release in the way that the scenario's faults want. */
const powerOff = async (
  region: Region,
  machine: Machine,
  before: StatusName,
  signal: AbortSignal | undefined,
): Promise<PowerOff> => {
  const failure = takeFault(machine, ["power-fails-500", "no-rack-503", "never-off"]);
  const stopped = new AbortController();
  machine.stop.push(() => stopped.abort());
  try {
    await region.clock.sleep(
      machine.release,
      signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal,
    );
  } catch {
    if (signal?.aborted) setStatus(region, machine, before);
    return {};
  }
  if (failure === "never-off") return {};
  // The machine is where it was; what the beginning of the release cleared stays cleared.
  if (failure) {
    setStatus(region, machine, before);
    if (failure === "power-fails-500") {
      const failed = answers.powerOffFailed();
      note(region, machine, { level: "DEBUG", type: "Failed to power off node", description: failed.body });
      return { failed };
    }
    const failed = answers.noRack(machine.hostname);
    const type = "Failed to query node's BMC";
    machine.powerState = "unknown";
    note(region, machine, { level: "WARNING", type, description: `(juju) - ${failed.body}`, action: type });
    return { failed };
  }
  const slow = takeWholeFault(machine, ["slow-off"]);
  if (slow) machine.stop.push(region.clock.after(slow.after, () => goesOff(region, machine)));
  else goesOff(region, machine);
  return {};
};

/** The power is off, which ends a release. */
export const goesOff = (region: Region, machine: Machine): void => {
  machine.powerState = "off";
  if (machine.status === "Releasing") finishRelease(region, machine);
};

/** Notes who asked for the release of a machine, and why. */
export const noteRelease = (region: Region, machine: Machine, user: User, comment: string | null): void => {
  const description = comment ? `(${user.name}) - ${comment}` : `(${user.name})`;
  note(region, machine, { level: "DEBUG", type: "User releasing node", description, username: user.name });
};
