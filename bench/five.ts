import { join } from "node:path";
import { breakdownOf } from "./breakdown.ts";
import { five, type LabPlan, labTimes, runRunbook, stackOn, timed, unattended } from "./labs.ts";
import { type Spread, spread } from "./statistics.ts";

/** The two side by side; times in ms. "Outside" is what is left when the critical path is taken away. */
export type SideBySide = {
  plan: LabPlan;
  criticalPath: Spread;
  runbook: { total: Spread; outside: Spread };
  stack: { total: Spread; outside: Spread; up: Spread; peakBytes: Spread; phases: Record<string, Spread> };
};

/** The lab of five machines: the simulator's default durations, a minute of them in a second. */
export const fiveMachines = (latency: boolean): LabPlan => ({
  hostnames: five,
  speed: 60,
  reap: 6,
  release: 3,
  latency,
});

/** The same with the durations of the runbook, in real time. */
export const realDurations: LabPlan = { hostnames: five, speed: 1, reap: 5, release: 3, latency: true };

const destroyOnce = async (plan: LabPlan) => {
  const stack = await stackOn(plan);
  try {
    const up = await timed(stack, "up", ...unattended);
    const run = await timed(stack, "destroy", ...unattended);
    const breakdown = breakdownOf(run, stack.journal(), await stack.lab.calls(), labTimes(plan));
    return { ...breakdown, up: up.ended - up.began, peakBytes: run.provider?.peakBytes ?? 0 };
  } finally {
    await stack.end();
  }
};

/** Destroys so many labs of one kind with the runbook and with the stack, in turns. */
export const sideBySide = async (
  plan: LabPlan,
  runs: number,
  directory: string,
  tell: (text: string) => void,
): Promise<SideBySide> => {
  const runbook: number[] = [];
  const stack: Awaited<ReturnType<typeof destroyOnce>>[] = [];
  for (let at = 0; at < runs; at++) {
    const { total } = await runRunbook(plan, join(directory, `runbook-${Date.now()}`));
    runbook.push(total);
    const once = await destroyOnce(plan);
    stack.push(once);
    tell(
      `run ${at + 1} of ${runs}: runbook ${(total / 1000).toFixed(1)} s, stack ${(once.total / 1000).toFixed(1)} s`,
    );
  }
  const paths = stack.map(({ criticalPath }) => criticalPath);
  const path = spread(paths);
  const names = stack[0]?.phases.map(({ name }) => name) ?? [];
  return {
    plan,
    criticalPath: path,
    runbook: { total: spread(runbook), outside: spread(runbook.map((total) => total - path.median)) },
    stack: {
      total: spread(stack.map(({ total }) => total)),
      outside: spread(stack.map(({ total, criticalPath }) => total - criticalPath)),
      up: spread(stack.map(({ up }) => up)),
      peakBytes: spread(stack.map(({ peakBytes }) => peakBytes)),
      phases: Object.fromEntries(
        names.map((name) => [
          name,
          spread(stack.map(({ phases }) => phases.find((phase) => phase.name === name)?.took ?? 0)),
        ]),
      ),
    },
  };
};
