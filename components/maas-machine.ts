import type { dynamic } from "@pulumi/pulumi";
import { TeardownError } from "../teardown/errors.ts";
import { sayFindings, takeOut } from "../teardown/guards/say.ts";
import type { MachineRecord } from "../teardown/record.ts";
import { releaseMachine } from "../teardown/release-machine.ts";
import { bounded, holdsRecord, recordOf, type State } from "./life.ts";
import {
  isPlainUp,
  judged,
  notVerified,
  onlyInDestroy,
  refreshTells,
  rowOf,
  settingsNow,
  teardown,
} from "./operation.ts";
import { type LabInputs, type LabOptions, LabResource } from "./resource.ts";

/** A MAAS machine of the lab: found at `up`, released at `destroy`, deleted from the stack when it is Ready. */
export class MaasMachine extends LabResource {
  constructor(hostname: string, inputs: LabInputs, options: LabOptions) {
    super("MaasMachine", "maas-machine", hostname, { ...inputs, hostname }, options);
  }
}

type MachineState = State & { hostname: string };

/** This machine's part of the record. @throws TeardownError when it has none */
const recorded = (state: MachineState): MachineRecord => {
  const machine = recordOf(state).machines.find(({ hostname }) => hostname === state.hostname);
  if (machine) return machine;
  throw new TeardownError(
    "refused",
    `${state.hostname} is in the stack, but the lab's record does not have it; it was not touched\n${takeOut(state.hostname)}`,
  );
};

const release = async (state: MachineState): Promise<string> => {
  const row = rowOf(state.row);
  const { context, run, poller, look, turns, told, typical, gate, untilDying } = await teardown(
    state.row,
    recordOf(state),
  );
  const { around } = await gate(row);
  await untilDying(row);
  return await told(state.hostname, () =>
    releaseMachine({
      context,
      run,
      row,
      recorded: recorded(state),
      poller,
      look,
      turns,
      around,
      typical: typical.machine,
    }),
  );
};

// `up --replace` can leave two copies of one machine in the state, and both are deleted at once (engine.md 1.6).
const releases = new Map<string, Promise<string>>();

/** A machine's life: `read` looks by the recorded system_id, `delete` releases. */
export const life: dynamic.ResourceProvider = bounded<MachineState>({
  ...holdsRecord<MachineState>((inputs) => recorded(inputs).systemId),
  // Neither absence nor an error drops a machine from the stack: it would never be released then (engine.md 2). What could not be
  // looked at is told by the exit criteria, once.
  read: async (state) => {
    if (!state.record || !refreshTells()) return;
    const now = await judged(state.row, state.record).catch(() => undefined);
    const own = state.record.machines.find(({ hostname }) => hostname === state.hostname);
    if (!now?.seen.maas.answered || !own) return;
    const { findings, settings } = now;
    const machine = now.seen.maas.machines.find(({ systemId }) => systemId === own.systemId);
    const found = machine
      ? `found ${machine.statusName}, power ${machine.powerState}, ${machine.owner ? `owner ${machine.owner}` : "no owner"}`
      : "not found";
    const refusals = findings.filter(
      (finding) => finding.machine === state.hostname && finding.verdict === "refused",
    );
    const why = sayFindings(refusals, settings).map((each) => each.found);
    if (why.length > 0) rowOf(state.row).warn(`${found}; would be refused: ${why.join("; ")}`);
    else rowOf(state.row).info(found);
  },
  delete: async (state) => {
    const { machines } = await settingsNow(state.row);
    const isListed = machines.includes(state.hostname);
    if (!isListed && (await isPlainUp())) {
      rowOf(state.row).warn(
        `forgotten: ${state.hostname} is no longer on the list \`machines\`. It was not touched, and a destroy will not release it`,
      );
      return;
    }
    await onlyInDestroy(state.row);
    if (!isListed) {
      throw new TeardownError(
        "refused",
        `${state.hostname} is in the stack but no longer on the list \`machines\`; it was not touched\n${takeOut(state.hostname)}`,
      );
    }
    const { systemId } = recorded(state);
    const releasing = releases.get(systemId) ?? release(state);
    releases.set(systemId, releasing);
    rowOf(state.row).info(`${await releasing}${notVerified(state.row)}`);
  },
});
