import type { CustomResourceOptions, dynamic } from "@pulumi/pulumi";
import { TeardownError } from "../errors.ts";
import { takeOut } from "../guards/list-guard.ts";
import { isAbsent, type RecordedLab, type RecordedMachine } from "../teardown/recorded-lab.ts";
import { releaseMachine } from "../teardown/release-machine.ts";
import { bounded } from "./boundary.ts";
import { LateBound } from "./late-bound.ts";
import { lookAtMachine } from "./live-look.ts";
import {
  adoptedLab,
  isUp,
  lookingContext,
  notVerified,
  onlyInDestroy,
  refreshTells,
  rowOf,
  settingsNow,
  teardown,
} from "./provider-process.ts";
import { sameInputs } from "./same.ts";

type Inputs = { hostname: string; row: string };
type State = Inputs &
  RecordedMachine & { /** controller:owner/name@uuid, "" when the model was gone */ model: string };

/** A MAAS machine of the lab: found at `up`, released at `destroy`, deleted from the stack when it is Ready. */
export class MaasMachine extends LateBound {
  constructor(name: string, inputs: Omit<Inputs, "row">, options: CustomResourceOptions) {
    super("MaasMachine", name, inputs, options);
  }
}

const recordIn = (lab: RecordedLab, hostname: string): RecordedMachine & { model: string } => {
  const machine = lab.machines.find((each) => each.hostname === hostname);
  if (!machine)
    throw new TeardownError("missing", `${hostname} is in the program but not on the list \`machines\``);
  const { model } = lab;
  return { ...machine, model: model ? `${model.controller}:${model.name}@${model.uuid}` : "" };
};

const ownPart = (state: State): RecordedLab => {
  const { hostname, systemId, owner, powerType } = state;
  const [, controller = "", name = "", uuid = ""] = /^([^:]*):(.*)@([^@]*)$/.exec(state.model) ?? [];
  return {
    ...(uuid && { model: { controller, name, uuid, controllerUuid: "" } }),
    maasUrl: "",
    machines: [{ hostname, systemId, owner, powerType }],
  };
};

const differs = (state: State, today: RecordedMachine & { model: string }): boolean =>
  (["systemId", "owner", "powerType", "model"] as const).some((key) => state[key] !== today[key]);

// `up --replace` can leave two copies of one machine in the state, and both are deleted at once (engine.md 1.6).
const releases = new Map<string, Promise<string>>();

const release = async (state: State): Promise<string> => {
  const { row, hostname } = state;
  const begun = await teardown(row, { knowledge: "part", lab: ownPart(state) });
  const { around } = await begun.guarded(rowOf(row));
  await begun.captured();
  const recorded = ownPart(state).machines[0] ?? state;
  const { context, run, poller, told, usual } = begun;
  return await told(hostname, () =>
    releaseMachine({ context, run, row: rowOf(row), recorded, poller, around, usual: usual.machine }),
  );
};

const mustBeListed = async (state: State): Promise<void> => {
  const { machines } = await settingsNow(state.row);
  if (machines.includes(state.hostname)) return;
  throw new TeardownError(
    "refused",
    `${state.hostname} is in the stack but no longer on the list \`machines\`; it was not touched\n${takeOut(state.hostname, state.row)}`,
  );
};

/** A machine's life: `create` and `update` adopt, `read` looks by the recorded system_id, `delete` releases. */
export const provider: dynamic.ResourceProvider<Inputs, State> = bounded(({ hostname }) => hostname, {
  create: async (inputs) => {
    const record = recordIn(await adoptedLab(inputs.row), inputs.hostname);
    return { id: record.systemId || inputs.hostname, outs: { ...inputs, ...record } };
  },
  diff: async (olds, news) => {
    if (!sameInputs(olds, news, ["hostname"])) return { changes: true };
    if (!(await isUp())) return { changes: false };
    // What cannot be looked at is not changed; the preview's table says why it cannot.
    const today = await adoptedLab(news.row).then(
      (lab) => recordIn(lab, news.hostname),
      () => olds,
    );
    return { changes: differs(olds, today) };
  },
  update: async (olds, news) => {
    const record = recordIn(await adoptedLab(news.row), news.hostname);
    if (record.systemId !== olds.systemId) {
      rowOf(news.row).warn(
        `${news.hostname} is another machine now and recorded as such: ${record.systemId} (was ${olds.systemId})`,
      );
    }
    return { outs: { ...news, ...record } };
  },
  read: async (state) => {
    // Neither absence nor an error drops a machine from the stack: it would never be released then (engine.md 2).
    const row = rowOf(state.row);
    try {
      if (!refreshTells()) return;
      const machine = isAbsent(state)
        ? undefined
        : await lookAtMachine(await lookingContext(state.row), state.systemId);
      if (machine)
        row.info(
          `found ${machine.statusName}, power ${machine.powerState}, owner ${machine.owner ?? "nobody"}${machine.locked ? ", locked" : ""}`,
        );
      else row.warn(`${state.hostname} (${state.systemId}) is not in MAAS`);
    } catch (error) {
      row.warn(`cannot be seen now, its record is kept: ${(error as Error).message}`);
    }
  },
  delete: async (state) => {
    await onlyInDestroy(state.hostname, state.row);
    await mustBeListed(state);
    if (isAbsent(state)) return rowOf(state.row).info("was not in MAAS at `up`: nothing to release");
    let releasing = releases.get(state.systemId);
    if (!releasing) {
      releasing = release(state);
      releases.set(state.systemId, releasing);
    }
    rowOf(state.row).info(`${await releasing}${notVerified(state.row)}`);
  },
});
