import type { LoggedCall } from "./breakdown.ts";
import { byteCounter } from "./byte-counter.ts";
import { type LabPlan, many, stackOn, timed, unattended } from "./labs.ts";
import { median } from "./statistics.ts";

/** What waiting for so many machines costs MAAS and us. */
export type CurvePoint = {
  machines: number;
  /** ms from Ready in MAAS to the end of the row: median, and the slowest. */
  delay: { median: number; max: number };
  /** ms that the machines were waited for */
  wait: { min: number; max: number };
  /** MAAS requests of the whole destroy, refresh, guards and exit criteria included. */
  requestsPerMachine: number;
  bytesPerMachine: number;
  /** The most requests that were under way at once. */
  atOnce: number;
  stateBytesPerMachine: number;
  peakBytes: number;
};

// Disks are erased: the answer to the release comes at once, and all that follows is seen by asking.
const planOf = (machines: number): LabPlan => ({
  hostnames: many(machines),
  speed: 60,
  reap: 2,
  release: 0.05,
  latency: false,
  config: { erase: "quick" },
  machine: (at) => ({ erase: `${eraseMinutes(at)}m` }),
});
// Between 10 and 40 s of ours, spread evenly whatever their number.
const eraseMinutes = (at: number) => 10 + ((at * 7) % 31);

/** Our own requests: Juju's provider releases all machines of a model with one of its own. */
const isOurs = ({ what }: LoggedCall) => /\/MAAS\//.test(what) && !what.includes("/machines/?op=release");

/** How many calls were under way at the same time, at most. */
export const mostAtOnce = (calls: readonly LoggedCall[]): number => {
  const steps = calls
    .flatMap(({ startedAt, at }) => [
      { at: Date.parse(startedAt), by: 1 },
      { at: Date.parse(at), by: -1 },
    ])
    // One that ends in the millisecond in which another begins is not beside it.
    .sort((one, other) => one.at - other.at || one.by - other.by);
  let now = 0;
  let most = 0;
  for (const { by } of steps) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
};

/** Destroys a lab of so many machines whose waits end between 10 and 40 s. */
export const curvePoint = async (machines: number): Promise<CurvePoint> => {
  const plan = planOf(machines);
  const stack = await stackOn(plan);
  const counter = await byteCounter(stack.lab.maasUrl);
  try {
    stack.configure({ maasProfile: undefined, maasApiUrl: counter.url, maasApiKey: stack.lab.apiKey });
    await timed(stack, "up", ...unattended, "--parallel", "1100");
    const stateBytes = stack.stateText().length;
    const before = counter.bytes();
    const run = await timed(stack, "destroy", ...unattended, "--parallel", "1100");
    const calls = (await stack.lab.calls()).filter(
      (call) => isOurs(call) && Date.parse(call.startedAt) >= run.began,
    );
    const done = new Map(
      stack
        .journal()
        .flatMap((event) => (event.event === "done" ? [[event.resource, event.at] as const] : [])),
    );
    const { machines: seen } = await stack.lab.state();
    const ids = new Map(seen.map(({ hostname, systemId }) => [hostname, systemId]));
    const posted = new Map(
      calls
        .filter(({ what }) => /op=release/.test(what))
        .map(({ what, startedAt }) => [what.split("/machines/")[1]?.split("/")[0], Date.parse(startedAt)]),
    );
    const waits = plan.hostnames.map((_, at) => ((eraseMinutes(at) + plan.release) * 60_000) / plan.speed);
    const delays = plan.hostnames.map((hostname, at) => {
      const ready = (posted.get(ids.get(hostname)) ?? Number.NaN) + (waits[at] ?? 0);
      return Date.parse(done.get(hostname) ?? "") - ready;
    });
    return {
      machines,
      delay: { median: median(delays), max: Math.max(...delays) },
      wait: { min: Math.min(...waits), max: Math.max(...waits) },
      requestsPerMachine: calls.length / machines,
      bytesPerMachine: (counter.bytes() - before) / machines,
      atOnce: mostAtOnce(calls),
      stateBytesPerMachine: stateBytes / machines,
      peakBytes: run.provider?.peakBytes ?? 0,
    };
  } finally {
    counter.stop();
    await stack.end();
  }
};
