import { answers } from "./answers.ts";
import { abortErase } from "./erase.ts";
import { type MachineOperation, renderedMachine } from "./machine-call.ts";
import { note, setStatus } from "./region.ts";
import { goesOff } from "./release.ts";
import { ok } from "./reply.ts";
import { release } from "./single-release.ts";
import { abortLeadsTo } from "./statuses.ts";
import { mayEdit } from "./users.ts";

/** The event that a user did it, with the comment of the request. */
const noteUser = ({ region, user, machine, form }: Parameters<MachineOperation>[0], type: string): void =>
  note(region, machine, {
    level: "DEBUG",
    type,
    description: form.get("comment") ?? "",
    username: user.name,
  });

const lock: MachineOperation = (call) => {
  const { user, machine } = call;
  if (machine.locked) return answers.alreadyLocked();
  if (!mayEdit(user, machine)) return answers.forbidden();
  machine.locked = true;
  noteUser(call, "User locked node");
  return renderedMachine(call);
};

const unlock: MachineOperation = (call) => {
  const { user, machine } = call;
  if (!machine.locked) return answers.notLocked();
  if (!mayEdit(user, { ...machine, locked: false })) return answers.forbidden();
  machine.locked = false;
  noteUser(call, "User unlocked node");
  return renderedMachine(call);
};

const abort: MachineOperation = (call) => {
  const { region, user, machine } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  const target = abortLeadsTo.get(machine.status);
  if (!target) return answers.cannotAbort(machine.systemId, machine.status);
  if (machine.status === "Disk erasing") {
    note(region, machine, { level: "INFO", type: "Aborted disk erasing", username: user.name });
    const answer = renderedMachine(call);
    abortErase(region, machine);
    return answer;
  }
  note(region, machine, { level: "DEBUG", type: "User aborted action", username: user.name });
  setStatus(region, machine, target);
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
  // A release that nothing goes on with ends at once (maas.md 11).
  const orphaned = machine.status === "Releasing" && machine.stop.length === 0;
  if (!orphaned) await region.clock.sleep(machine.release);
  goesOff(region, machine);
  return answer;
};

/** Sets each given key of owner_data; an empty value takes the key away. */
const setOwnerData: MachineOperation = (call) => {
  const { user, machine, form } = call;
  if (!mayEdit(user, machine)) return answers.forbidden();
  const given = [...form].filter(([key]) => key !== "op");
  const all = Object.entries({ ...machine.ownerData, ...Object.fromEntries(given) });
  machine.ownerData = Object.fromEntries(all.filter(([, value]) => value !== ""));
  return renderedMachine(call);
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
      set_owner_data: setOwnerData,
    },
  };
