import type { CustomResourceOptions, dynamic } from "@pulumi/pulumi";
import { TeardownError } from "../teardown/errors.ts";
import {
  isAbsent,
  keptMachine,
  openedMachine,
  type RecordedLab,
  type RecordedMachine,
} from "../teardown/run/recorded-lab.ts";
import { bounded } from "./boundary.ts";
import { LateBound } from "./late-bound.ts";
import {
  adoptedLab,
  isUp,
  machineLook,
  notVerified,
  onlyInDestroy,
  refreshTells,
  rowOf,
  settingsNow,
  teardown,
} from "./provider-process.ts";
import { sameInputs } from "./same.ts";

type Inputs = { hostname: string };
/** What was found at `up`, in one line: `system_id owner power_type controller:owner/model@uuid`; "-" is nothing. */
type Recorded = { found: string };
type State = Inputs & Recorded & { row: string };

/** A MAAS machine of the lab: found at `up`, released at `destroy`, deleted from the stack when it is Ready. */
export class MaasMachine extends LateBound {
  constructor(name: string, inputs: Inputs, options: CustomResourceOptions) {
    super("MaasMachine", name, inputs, options);
  }
}

const machineIn = (lab: RecordedLab, hostname: string): RecordedMachine => {
  const machine = lab.machines.find((each) => each.hostname === hostname);
  if (!machine)
    throw new TeardownError("missing", `${hostname} is in the program but not on the list \`machines\``);
  return machine;
};

const recordIn = (lab: RecordedLab, hostname: string): Recorded => {
  const { model } = lab;
  const address = model ? `${model.controller}:${model.name}@${model.uuid}` : "-";
  return { found: `${keptMachine(machineIn(lab, hostname))} ${address}` };
};

const recordedMachine = ({ hostname, found }: Inputs & Recorded): RecordedMachine =>
  openedMachine(hostname, found);

/** The part of the lab that a machine knows by itself. */
const ownPart = (state: State): RecordedLab => {
  const [, controller = "", name = "", uuid = ""] = / ([^: ]*):([^@]*)@([^@ ]*)$/.exec(state.found) ?? [];
  return {
    ...(uuid && { model: { controller, name, uuid, controllerUuid: "" } }),
    maasUrl: "",
    machines: [recordedMachine(state)],
  };
};

// `up --replace` can leave two copies of one machine in the state, and both are deleted at once (engine.md 1.6).
const releases = new Map<string, Promise<string>>();

const release = async (state: State): Promise<string> => {
  const { row, hostname } = state;
  const begun = await teardown(row, { knowledge: "part", lab: ownPart(state) });
  const { around } = await begun.guarded(rowOf(row));
  await begun.captured();
  const recorded = recordedMachine(state);
  const { releaseMachine } = await import("../teardown/release-machine.ts");
  const { context, run, poller, look, turns, told, usual } = begun;
  return await told(hostname, () =>
    releaseMachine({
      context,
      run,
      row: rowOf(row),
      recorded,
      poller,
      look,
      turns,
      around,
      usual: usual.machine,
    }),
  );
};

const mustBeListed = async (state: State): Promise<void> => {
  const { machines } = await settingsNow(state.row);
  if (machines.includes(state.hostname)) return;
  const { takeOut } = await import("../teardown/guards/list-guard.ts");
  throw new TeardownError(
    "refused",
    `${state.hostname} is in the stack but no longer on the list \`machines\`; it was not touched\n${takeOut(state.hostname, state.row)}`,
  );
};

/** A machine's life: `create` and `update` adopt, `read` looks by the recorded system_id, `delete` releases. */
export const provider: dynamic.ResourceProvider = bounded<Inputs, Recorded>(
  "MaasMachine",
  ({ hostname }) => hostname,
  {
    create: async (inputs) => {
      const lab = await adoptedLab(inputs.row);
      const { systemId } = machineIn(lab, inputs.hostname);
      return { id: systemId || inputs.hostname, outs: { ...inputs, ...recordIn(lab, inputs.hostname) } };
    },
    diff: async (olds, news) => {
      if (!sameInputs(olds, news, ["hostname"])) return { changes: true };
      if (!(await isUp())) return { changes: false };
      // What cannot be looked at is not changed; the preview's table says why it cannot.
      const today = await adoptedLab(news.row).then(
        (lab) => recordIn(lab, news.hostname),
        () => olds,
      );
      return { changes: olds.found !== today.found };
    },
    update: async (olds, news) => {
      const lab = await adoptedLab(news.row);
      const [before, now] = [recordedMachine(olds), machineIn(lab, news.hostname)];
      if (now.systemId !== before.systemId) {
        rowOf(news.row).warn(
          `${news.hostname} is another machine now and recorded as such: ${now.systemId} (was ${before.systemId})`,
        );
      }
      return { outs: { ...news, ...recordIn(lab, news.hostname) } };
    },
    read: async (state) => {
      // Neither absence nor an error drops a machine from the stack: it would never be released then (engine.md 2).
      const row = rowOf(state.row);
      const recorded = recordedMachine(state);
      try {
        if (!refreshTells()) return;
        const look = await machineLook(state.row);
        const machine = isAbsent(recorded) ? "vanished" : await look(recorded.systemId);
        if (machine !== "vanished")
          row.info(
            `found ${machine.statusName}, power ${machine.powerState}, owner ${machine.owner ?? "nobody"}${machine.locked ? ", locked" : ""}`,
          );
        else row.warn(`${state.hostname} (${recorded.systemId}) is not in MAAS`);
      } catch (error) {
        row.warn(`cannot be seen now, its record is kept: ${(error as Error).message}`);
      }
    },
    delete: async (state) => {
      await onlyInDestroy(state.hostname, state.row);
      await mustBeListed(state);
      const recorded = recordedMachine(state);
      if (isAbsent(recorded)) return rowOf(state.row).info("was not in MAAS at `up`: nothing to release");
      let releasing = releases.get(recorded.systemId);
      if (!releasing) {
        releasing = release(state);
        releases.set(recorded.systemId, releasing);
      }
      rowOf(state.row).info(`${await releasing}${notVerified(state.row)}`);
    },
  },
);
