import { TeardownError } from "../../../teardown/errors.ts";
// The teardown loads it when it first needs it, and loading takes time that a virtual clock does not know of.
import "../../../teardown/report/write-report.ts";
import { ensureCapture } from "../../../teardown/capture.ts";
import type { Row } from "../../../teardown/context.ts";
import { destroyModel, followReaping } from "../../../teardown/destroy-model.ts";
import { checkExitCriteria } from "../../../teardown/exit-criteria.ts";
import { takeOut } from "../../../teardown/guards/say.ts";
import { releaseMachine } from "../../../teardown/release-machine.ts";
import { findOpenRun } from "../../../teardown/run/run-directory.ts";
import type { StopReason } from "../../../teardown/stopping.ts";
import { beginTeardown, type Teardown } from "../../../teardown/teardown.ts";
import type { WorldProcess } from "./process.ts";
import type { DestroyPlan } from "./scenario.ts";
import { contextOf, makeProcess, place, type Stack, settingsOf } from "./stack.ts";
import { type Violations, watch } from "./watch.ts";
import type { World } from "./world.ts";

/** How one `pulumi destroy` ended. */
export type Outcome = {
  ended: "complete" | "failed" | "killed";
  errors: { row: string; error: Error }[];
  teardown: Teardown | undefined;
  began: number;
  /** When its signal was aborted. */
  stopped: number | undefined;
};

const row: Row = { status: () => {}, info: () => {}, warn: () => {} };

// The logic gives its lock back when its process ends; here, hundreds of processes end in one.
const withoutListeners = async <Value>(work: () => Promise<Value>): Promise<Value> => {
  const before = new Set(process.listeners("exit"));
  const value = await work();
  for (const listener of process.listeners("exit"))
    if (!before.has(listener)) process.removeListener("exit", listener);
  return value;
};

/** What the provider's process does for each resource (components/*.ts), without Pulumi. */
const providerOf = (world: World, stack: Stack, self: WorldProcess, deadline: number) => {
  const settings = settingsOf(stack, deadline);
  const context = contextOf(world, self, settings);
  let begun: Promise<Teardown> | undefined;
  let made: Teardown | undefined;

  const begin = async (): Promise<Teardown> => {
    made = await withoutListeners(() =>
      beginTeardown({ context, ...place, lab: stack.lab, versions: async () => ({}) }),
    );
    return made;
  };
  const teardown = () => (begun ??= begin());

  const destroyOf: Record<string, () => Promise<unknown>> = {
    preflight: async () => (await teardown()).guarded(row),
    backup: async () => {
      const { backupRoot, backupLabel } = settings;
      const run = findOpenRun({ backupRoot, backupLabel, ...place, modelUuid: undefined });
      // Its run directory was lost since Preflight: what destroys captures by itself.
      if (!run) return;
      await ensureCapture(context, run, { by: "backup", engine: undefined });
    },
    model: async () => {
      const { run, gate, told } = await teardown();
      const { model } = await gate(row);
      if (model) await told(model.name, () => destroyModel({ context, run, row, recorded: model }));
    },
    reaping: async () => {
      const { run, gate, told } = await teardown();
      const { model } = await gate(row);
      if (model) await told("reaping", () => followReaping({ context, run, row, recorded: model }));
    },
    exit: async () => {
      const { run, poller } = await teardown();
      await checkExitCriteria({ context, run, lab: stack.lab, poller, row });
    },
  };
  const release = (hostname: string) => async () => {
    const recorded = stack.lab.machines.find((machine) => machine.hostname === hostname);
    if (!stack.machines.includes(hostname)) throw new TeardownError("refused", takeOut(hostname));
    if (!recorded) return;
    const { run, gate, untilDying, told, poller, look, turns } = await teardown();
    const { around } = await gate(row);
    await untilDying(row);
    await told(hostname, () => releaseMachine({ context, run, row, recorded, poller, look, turns, around }));
  };
  return {
    made: () => made,
    work: (name: string): Promise<unknown> => (destroyOf[name] ?? release(name))(),
  };
};

/** Plays one `pulumi destroy` as the engine does: level by level, and nothing new in a level in which something failed. */
export const destroyOnce = async (options: {
  world: World;
  stack: Stack;
  plan: DestroyPlan;
  violations: Violations;
  whenRowEnds: (name: string) => void;
}): Promise<Outcome> => {
  const { world, stack, plan, violations } = options;
  const self = makeProcess(world);
  const provider = providerOf(world, stack, self, plan.deadline);
  self.before = watch({ world, stack, teardown: provider.made, violations });
  const errors: Outcome["errors"] = [];
  const began = world.clock.now();
  const rowsBefore = new Set(stack.rows);
  let stopped: number | undefined;
  const stop = (reason: StopReason) => {
    if (!self.alive || self.stopping.signal.aborted) return;
    stopped = world.clock.now();
    self.stopping.abort(reason);
  };
  const takeBack = [world.clock.after(plan.deadline, () => stop({ why: "deadline", after: plan.deadline }))];

  const one = async (name: string) => {
    try {
      await provider.work(name);
      stack.rows.delete(name);
      options.whenRowEnds(name);
    } catch (error) {
      errors.push({ row: name, error: error instanceof Error ? error : new Error(String(error)) });
    }
  };
  const level = async (names: string[]) => {
    const waiting = names.filter((name) => stack.rows.has(name));
    const lane = async () => {
      for (;;) {
        if (self.stopping.signal.aborted || (errors.length > 0 && !plan.continueOnError)) return;
        const name = waiting.shift();
        if (name === undefined) return;
        await one(name);
      }
    };
    await Promise.all(Array.from({ length: plan.parallel }, lane));
    return errors.length === 0 && !names.some((name) => stack.rows.has(name));
  };
  const machines = stack.lab.machines.map(({ hostname }) => hostname);
  const levels = async (): Promise<"complete" | "failed"> => {
    for (const names of [["preflight"], ["backup"], ["model"], ["reaping", ...machines], ["exit"]])
      if (!(await level(names))) return "failed";
    return "complete";
  };
  const killed = new Promise<"killed">((resolve) => {
    const { ends } = plan;
    if (ends.kind === "by-itself") return;
    const end = () => {
      if (ends.kind === "cancelled") return stop({ why: "cancelled" });
      self.alive = false;
      // An engine that dies without its checkpoints has all of its rows again.
      if (world.random() < 0.3) stack.rows = rowsBefore;
      resolve("killed");
    };
    takeBack.push(world.clock.after(ends.after, end));
  });
  const ended = await Promise.race([levels(), killed]);
  for (const forget of takeBack) forget();
  return { ended, errors, teardown: provider.made(), began, stopped };
};
