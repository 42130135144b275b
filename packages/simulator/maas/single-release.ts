import { answers } from "./answers.ts";
import { powerOnForErase, startErase } from "./erase.ts";
import { takeFault } from "./faults.ts";
import type { Machine } from "./machine.ts";
import { type MachineOperation, renderedMachine } from "./machine-call.ts";
import type { Region } from "./region.ts";
import { noteRelease, startRelease } from "./release.ts";
import { releaseOptions } from "./release-options.ts";
import type { Reply } from "./reply.ts";
import { releasable, releaseIsNoOp } from "./statuses.ts";
import { mayEdit } from "./users.ts";

/** Lab ms after which a proxy in front of MAAS gives up. */
const gatewayPatience = 60_000;

/** Why a release that may start cannot: a VM host on the machine, no image to wipe with. */
const hindrance = (
  region: Region,
  machine: Machine,
  options: { force: boolean; erase: boolean },
): Reply | undefined => {
  if (machine.hostsVms !== null && !options.force) return answers.hostsVms([machine.hostsVms]);
  if (options.erase && !region.settings.ephemeralImage) return answers.noEphemeralImage(machine.architecture);
  if (machine.dynamic && machine.powerState === "off" && !options.erase) return answers.dynamicPoweredOff();
  return undefined;
};

/** `force` on a machine that hosts VMs deletes the VM host and its VMs. */
const removeVmHost = (region: Region, machine: Machine): void => {
  for (const other of region.machines.values())
    if (other.pod === machine.hostsVms && machine.hostsVms !== null) region.machines.delete(other.systemId);
  machine.hostsVms = null;
};

/**
 * Releases one machine. The answer's body is made when the release has begun; the answer comes when the power is
 * off, or with the failure of the power-off.
 */
export const release: MachineOperation = async (call) => {
  const { region, user, machine, form } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  const refused = takeFault(machine, "refuses");
  if (refused) return refused.does(machine);
  if (releaseIsNoOp.has(machine.status)) return renderedMachine(call);
  if (!releasable.has(machine.status)) return answers.notReleasable(machine.status);
  const options = releaseOptions(region, form);
  if ("status" in options) return options;
  const hindered = hindrance(region, machine, options);
  if (hindered) return hindered;
  removeVmHost(region, machine);
  noteRelease(region, machine, user, options.comment);
  if (options.erase) {
    startErase(region, machine);
    const answer = renderedMachine(call);
    powerOnForErase(machine);
    return answer;
  }
  const wire = takeFault(machine, "wire")?.does;
  const powerOff = startRelease(region, machine);
  const answer = renderedMachine(call);
  if (wire === "hang") return { ...answer, instead: "hang" };
  if (wire) {
    await region.clock.sleep(Math.min(gatewayPatience, machine.release / 2));
    return wire === "reset" ? { ...answer, instead: "reset" } : wire();
  }
  const { failed } = await powerOff;
  return failed ?? answer;
};
