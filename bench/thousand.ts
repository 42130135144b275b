import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { breakdownOf, slowestCall } from "./breakdown.ts";
import { type LabPlan, labTimes, many, stackOn, timed, unattended } from "./labs.ts";
import { plainProject } from "./plain-project.ts";
import { median } from "./statistics.ts";

/** One way to run many machines, and the engine's own floor in the same run. Times in ms. */
export type ManyMachines = {
  machines: number;
  checkpoints: boolean;
  parallel: number;
  up: { floor: number; lab: number; criticalPath: number };
  destroy: { floor: number; lab: number; criticalPath: number };
  /** Of the whole state file; of a machine's entry in it; and of the inputs and outputs in that, which are not the engine's. */
  stateBytesPerMachine: { floor: number; lab: number; entry: number; own: number };
  peakBytes: { floor: number; lab: number };
};

const maasConcurrency = 16;
const parallel = 1_100;

const planOf = (machines: number): LabPlan => ({
  hostnames: many(machines),
  speed: 60,
  reap: 2,
  release: 0.1,
  latency: false,
});

type State = { checkpoint: { latest: { resources: { type: string; inputs?: object; outputs?: object }[] } } };

/** A machine's entry in the state, and what of it is not the engine's: its inputs and outputs. */
const machineBytes = (text: string): { entry: number; own: number } => {
  const { resources } = (JSON.parse(text) as State).checkpoint.latest;
  const machines = resources.filter(({ type }) => type.endsWith(":MaasMachine"));
  const bytes = (part: unknown) => JSON.stringify(part).length;
  return {
    entry: median(machines.map(bytes)),
    own: median(machines.map(({ inputs, outputs }) => bytes(inputs) + bytes(outputs))),
  };
};

/** Ups and destroys a lab of so many machines, and as many empty resources. */
export const manyMachines = async (
  machines: number,
  checkpoints: boolean,
  directory: string,
): Promise<ManyMachines> => {
  const off: Record<string, string> = checkpoints
    ? {}
    : { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
  const args = [...unattended, "--parallel", String(parallel)];
  const own = join(directory, `floor-${Date.now()}`);
  mkdirSync(own, { recursive: true });
  const plain = await plainProject(own, machines, off);
  const floor = { up: await plain.run("up", ...args), state: plain.stateText().length };
  const floorDestroy = await plain.run("destroy", ...args);

  const plan = planOf(machines);
  const stack = await stackOn(plan);
  try {
    Object.assign(stack.env, off);
    const up = await timed(stack, "up", ...args);
    const state = stack.stateText();
    const destroy = await timed(stack, "destroy", ...args);
    // So many releases fit through our connections at a time: what the lab needs for all of them.
    const { release, reap } = labTimes(plan);
    const times = { reap, release: release * Math.ceil(machines / maasConcurrency) };
    const calls = await stack.lab.calls();
    const path = breakdownOf(destroy, stack.journal(), calls, times);
    const upPath = slowestCall(calls, up.began, up.ended);
    const took = ({ began, ended }: { began: number; ended: number }) => ended - began;
    return {
      machines,
      checkpoints,
      parallel,
      up: { floor: took(floor.up), lab: took(up), criticalPath: upPath },
      destroy: { floor: took(floorDestroy), lab: took(destroy), criticalPath: path.criticalPath },
      stateBytesPerMachine: {
        floor: floor.state / machines,
        lab: state.length / machines,
        ...machineBytes(state),
      },
      peakBytes: { floor: floorDestroy.provider?.peakBytes ?? 0, lab: destroy.provider?.peakBytes ?? 0 },
    };
  } finally {
    await stack.end();
  }
};
