import { join } from "node:path";
import { execa } from "execa";
import { projectRoot, toolchainEnvironment } from "../packages/toolchain/environment.ts";
import { startLab } from "../tests/e2e/lab.ts";
import { makeStack, type Stack } from "../tests/e2e/stack.ts";
import type { LabTimes } from "./breakdown.ts";
import { type TimedRun, timedCli } from "./timed-cli.ts";

/** A lab to measure on. Durations are lab time; a second of ours is `speed` seconds of the lab's. */
export type LabPlan = {
  hostnames: string[];
  speed: number;
  /** minutes */
  reap: number;
  /** minutes */
  release: number;
  latency: boolean;
  machine?: (at: number) => Record<string, unknown>;
  model?: Record<string, unknown>;
  config?: Record<string, unknown>;
};

export const five: string[] = ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"];

/** So many hostnames. */
export const many = (count: number): string[] =>
  count === five.length
    ? five
    : Array.from({ length: count }, (_, at) => `node${String(at).padStart(4, "0")}`);

/** What the lab itself needs, in real ms. */
export const labTimes = ({ reap, release, speed }: LabPlan): LabTimes => ({
  reap: (reap * 60_000) / speed,
  release: (release * 60_000) / speed,
});

const scenario = (plan: LabPlan): Record<string, unknown> => ({
  models: [{ name: "openstack", reap: `${plan.reap}m`, ...plan.model }],
  machines: plan.hostnames.map((hostname, at) => ({
    hostname,
    model: "openstack",
    powerType: "ipmi",
    release: `${plan.release}m`,
    ...plan.machine?.(at),
  })),
});

const latencyArgs = ({ latency }: LabPlan) => (latency ? ["--latency"] : []);

/** A stack of this project on a new lab; nothing is adopted yet. */
export const stackOn = (plan: LabPlan): Promise<Stack> =>
  makeStack({
    scenario: scenario(plan),
    speed: plan.speed,
    args: latencyArgs(plan),
    config: { machines: plan.hostnames, stuckAfter: "1h", ...plan.config },
  });

/** Runs the CLI on a stack and times it. @throws Error with the output when it fails */
export const timed = async (stack: Stack, ...args: string[]): Promise<TimedRun> => {
  const { pulumi } = await toolchainEnvironment();
  const run = await timedCli({
    cli: pulumi,
    args: [...args, "--stack", "sim"],
    cwd: stack.project,
    env: stack.env,
    directory: stack.directory,
  });
  if (run.code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${run.output.slice(-3_000)}`);
  return run;
};

export const unattended: string[] = ["--yes", "--skip-preview", "--suppress-outputs"];

/** The runbook as a shell script, on a new lab. @returns ms in all, and until its marks */
export const runRunbook = async (
  plan: LabPlan,
  directory: string,
): Promise<{ total: number; captured: number; released: number }> => {
  const lab = await startLab({
    directory,
    scenario: scenario(plan),
    speed: plan.speed,
    args: latencyArgs(plan),
  });
  try {
    const began = Date.now();
    const marks = new Map<string, number>();
    const running = execa(join(projectRoot, "bench/runbook.sh"), ["openstack", "admin", ...plan.hostnames], {
      env: { ...lab.env, PATH: `${lab.env.PATH ?? ""}:${process.env.PATH ?? ""}` },
      stdin: "ignore",
    });
    for await (const line of running.iterable({ from: "stderr" })) {
      const [, name] = /^mark (\w+)$/.exec(line) ?? [];
      if (name) marks.set(name, Date.now() - began);
    }
    await running;
    const total = Date.now() - began;
    const { machines } = await lab.state();
    const left = machines.filter(({ status }) => status !== "Ready");
    if (left.length > 0)
      throw new Error(`the runbook left ${left.map(({ hostname }) => hostname).join(", ")}`);
    return { total, captured: marks.get("captured") ?? 0, released: marks.get("released") ?? 0 };
  } finally {
    await lab.stop();
  }
};
