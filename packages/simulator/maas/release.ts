import { releaseTimedOut } from "./answers.ts";
import { type PowerOff, takeFault } from "./faults.ts";
import { type Machine, stopAll } from "./machine.ts";
import { markFailed, note, type Region, setStatus, type User } from "./region.ts";
import type { StatusName } from "./statuses.ts";
import { takeWhenDue } from "./take.ts";

/** Lab ms after which MAAS gives up on a release. Source: recorded; hard coded in MAAS. */
const releaseExpires = 300_000;

/** What the record of a machine loses when its release begins; the owner stays until the end. */
const clearDeployment = (machine: Machine): void => {
  machine.agentName = "";
  machine.osystem = "";
  machine.distroSeries = "";
  if (machine.filesystem === "acquired") machine.filesystem = "none";
};

/** The end of a release, when the power is off. A machine composed on allocation goes away. */
const finishRelease = (region: Region, machine: Machine): void => {
  const end = machine.dynamic ? undefined : takeFault(machine, "end");
  if (machine.dynamic || end?.does === "vanishes") {
    region.machines.delete(machine.systemId);
    return;
  }
  machine.owner = null;
  machine.ownerData = {};
  setStatus(region, machine, machine.commissioned ? "Ready" : "New");
  note(region, machine, { level: "INFO", type: "Released" });
  if (end?.does === "taken") machine.taking = end.fault;
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
  const failure = takeFault(machine, "powerOff");
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
  // A machine that falls back is where it was; what the beginning of the release cleared stays cleared.
  if (failure) return failure.does(region, machine, () => setStatus(region, machine, before));
  const slow = takeFault(machine, "powerLater");
  if (slow) machine.stop.push(region.clock.after(slow.fault.after, () => goesOff(region, machine)));
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
