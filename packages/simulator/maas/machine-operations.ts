import { mayEdit } from "./access.ts";
import { answers } from "./answers.ts";
import { failErase } from "./erase.ts";
import { type MachineOperation, renderedMachine } from "./machine-call.ts";
import { note, setStatus } from "./region.ts";
import { ok } from "./reply.ts";
import { release } from "./single-release.ts";
import { abortLeadsTo } from "./statuses.ts";

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
  return renderedMachine(call);
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
  return renderedMachine(call);
};

const abort: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  const target = abortLeadsTo.get(machine.status);
  if (!target) return answers.cannotAbort(machine.systemId, machine.status);
  note(region, machine, { level: "DEBUG", type: "User aborted action", username: user.name });
  if (machine.status === "Disk erasing") failErase(region, machine);
  else setStatus(region, machine, target);
  return renderedMachine(call);
};

const markBroken: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  setStatus(region, machine, "Broken");
  return renderedMachine(call);
};

const markFixed: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!user.superuser || !mayEdit(user, machine)) return answers.forbidden();
  machine.owner = null;
  setStatus(region, machine, "Ready");
  return renderedMachine(call);
};

const exitRescueMode: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!user.superuser || !mayEdit(user, machine)) return answers.forbidden();
  setStatus(region, machine, machine.osystem === "" ? "Ready" : "Deployed");
  return renderedMachine(call);
};

const powerOff: MachineOperation = async (call) => {
  const { region, user, machine } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  const answer = renderedMachine(call);
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
