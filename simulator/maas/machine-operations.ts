import { mayEdit } from "./access.ts";
import { answers } from "./answers.ts";
import { failErase, startErase } from "./erase.ts";
import { type Machine, takeFault } from "./machine.ts";
import { note, type Region, setStatus, type User } from "./region.ts";
import { noteRelease, startRelease } from "./release.ts";
import { releaseOptions } from "./release-options.ts";
import { renderMachine } from "./render.ts";
import { indented, ok, okText, type Reply } from "./reply.ts";
import { abortLeadsTo, releasable, releaseIsNoOp } from "./statuses.ts";

/** Everything that an operation on one machine needs. */
export type MachineCall = {
  readonly region: Region;
  readonly user: User;
  readonly machine: Machine;
  readonly form: URLSearchParams;
};

export type MachineOperation = (call: MachineCall) => Reply | Promise<Reply>;

/** Lab ms after which a proxy in front of MAAS gives up. */
const gatewayPatience = 60_000;

const rendered = ({ region, machine }: MachineCall): Reply =>
  okText(indented(renderMachine(region, machine)), 1);

/** Answers that come before anything changed. */
const refuseAtOnce = ({ machine }: MachineCall): Reply | undefined => {
  const fault = takeFault(machine, ["conflict-retry", "state-409", "no-connections-503"]);
  if (fault === "conflict-retry") return answers.conflict();
  if (fault === "state-409") return answers.notReleasable(machine.status);
  return fault ? answers.noConnections() : undefined;
};

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
const release: MachineOperation = async (call) => {
  const { region, user, machine, form } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  const refused = refuseAtOnce(call);
  if (refused) return refused;
  if (releaseIsNoOp.has(machine.status)) return rendered(call);
  if (!releasable.has(machine.status)) return answers.notReleasable(machine.status);
  const options = releaseOptions(region, form);
  if ("status" in options) return options;
  const hindered = hindrance(region, machine, options);
  if (hindered) return hindered;
  removeVmHost(region, machine);
  noteRelease(region, machine, user, options.comment);
  if (options.erase) {
    startErase(region, machine);
    return rendered(call);
  }
  const wire = takeFault(machine, ["hang", "reset", "gateway-504"]);
  const powerOff = startRelease(region, machine);
  const answer = rendered(call);
  if (wire === "hang") return { ...answer, instead: "hang" };
  if (wire === "reset" || wire === "gateway-504") {
    await region.clock.sleep(Math.min(gatewayPatience, machine.release / 2));
    return wire === "reset" ? { ...answer, instead: "reset" } : answers.gatewayTimeout();
  }
  const { failed } = await powerOff;
  return failed ?? answer;
};

const lock: MachineOperation = (call) => {
  const { region, user, machine, form } = call;
  if (machine.locked) return answers.alreadyLocked();
  if (!mayEdit(user, machine)) return answers.forbidden();
  machine.locked = true;
  const comment = form.get("comment");
  note(region, machine, {
    level: "DEBUG",
    type: "User locked node",
    description: comment ?? "",
    username: user.name,
  });
  return rendered(call);
};

const unlock: MachineOperation = (call) => {
  const { region, user, machine, form } = call;
  if (!machine.locked) return answers.notLocked();
  if (!mayEdit(user, { ...machine, locked: false })) return answers.forbidden();
  machine.locked = false;
  const comment = form.get("comment");
  note(region, machine, {
    level: "DEBUG",
    type: "User unlocked node",
    description: comment ?? "",
    username: user.name,
  });
  return rendered(call);
};

const abort: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  const target = abortLeadsTo.get(machine.status);
  if (!target) return answers.cannotAbort(machine.systemId, machine.status);
  note(region, machine, { level: "DEBUG", type: "User aborted action", username: user.name });
  if (machine.status === "Disk erasing") failErase(region, machine);
  else setStatus(region, machine, target);
  return rendered(call);
};

const markBroken: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  setStatus(region, machine, "Broken");
  return rendered(call);
};

const markFixed: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!user.superuser || !mayEdit(user, machine)) return answers.forbidden();
  machine.owner = null;
  setStatus(region, machine, "Ready");
  return rendered(call);
};

const exitRescueMode: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!user.superuser || !mayEdit(user, machine)) return answers.forbidden();
  setStatus(region, machine, machine.osystem === "" ? "Ready" : "Deployed");
  return rendered(call);
};

const powerOff: MachineOperation = async (call) => {
  const { region, user, machine } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  const answer = rendered(call);
  await region.clock.sleep(machine.release);
  machine.powerState = "off";
  return answer;
};

/** The operations on a machine, by their names in `?op=`. */
export const machineOperations: Readonly<Record<"GET" | "POST", Readonly<Record<string, MachineOperation>>>> =
  {
    GET: {
      query_power_state: ({ machine }) => ok({ state: machine.powerState }),
      power_parameters: ({ user }) => (user.superuser ? ok({}) : answers.forbidden()),
    },
    POST: {
      release,
      lock,
      unlock,
      abort,
      mark_broken: markBroken,
      mark_fixed: markFixed,
      exit_rescue_mode: exitRescueMode,
      power_off: powerOff,
    },
  };

export { rendered as readMachine };
