import {
  type MaasMachine,
  maasErrorKind,
  machineStatuses,
  releaseEffect,
  type StatusLabel,
} from "./clients/maas.ts";
import type { Context } from "./context.ts";
import { machineLook, type Seen } from "./look.ts";
import { stopped } from "./stopping.ts";

/** One poller for all machines that wait. */
export type ReadyPoller = {
  /**
   * Waits until MAAS has finished what it does with a machine (Releasing, Disk erasing).
   *
   * @param onNews hears states that are passed through, and trouble in asking
   * @throws TeardownError when waiting is ended from outside, or MAAS no longer accepts the key
   */
  settled: (systemId: string, onNews?: (news: MaasMachine | Error) => void) => Promise<Seen>;
};

type Waiter = {
  systemId: string;
  since: number;
  onNews: (news: MaasMachine | Error) => void;
  resolve: (value: Seen) => void;
  reject: (error: unknown) => void;
};

const passing = (effect: string) => effect === "releasing" || effect === "erasing";
// A machine's JSON is 13-60 KB and costs MAAS 14 ms: only those that have left the passing states are asked for.
const settledStatuses = (Object.entries(machineStatuses) as [StatusLabel, { release: string }][])
  .filter(([, { release }]) => !passing(release))
  .map(([label]) => label);

/**
 * How long to wait before the next look, by the age of the youngest wait: the median delay, half of it, is under 1 s within a minute
 * and 1.5 % after. Looking sooner than that only costs MAAS more requests.
 */
export const interval = (age: number): number =>
  age < 60_000 ? Math.min(1_750, Math.max(1_000, age * 0.7)) : Math.min(15_000, age * 0.03);

// A filtered list cannot tell "still releasing" from "no longer there", nor show the power: now and then all are asked for.
const firstFullLook = 10_000;
const untilFullLook = (age: number): number => Math.max(20_000, age / 10);

/** Makes the poller. It asks only while something waits, and one question serves all. */
export const readyPoller = (context: Context): ReadyPoller => {
  const waiters = new Set<Waiter>();
  const lookAt = machineLook(context);
  let polling = false;
  let wake = new AbortController();

  const look = async (everything: boolean) => {
    // Waiters added while MAAS is asked are not served by this answer: it may be older than they are.
    const asked = Map.groupBy(waiters, ({ systemId }) => systemId);
    const settle = (systemId: string, value: Seen) => {
      for (const waiter of asked.get(systemId) ?? []) if (waiters.delete(waiter)) waiter.resolve(value);
    };
    const maas = await context.maas();
    const machines = await maas.machines({
      systemIds: [...asked.keys()],
      ...(everything ? {} : { statuses: settledStatuses }),
    });
    for (const machine of machines) {
      if (!passing(releaseEffect(machine.status))) settle(machine.systemId, machine);
      else for (const { onNews } of asked.get(machine.systemId) ?? []) onNews(machine);
    }
    if (!everything) return;
    // That a machine is not on a list proves nothing: each is looked at by its id.
    const there = new Set(machines.map(({ systemId }) => systemId));
    for (const systemId of asked.keys()) {
      if (there.has(systemId)) continue;
      const seen = await lookAt(systemId);
      if (typeof seen === "string" || !passing(releaseEffect(seen.status))) settle(systemId, seen);
    }
  };
  const failAll = (error: unknown) => {
    for (const { reject } of waiters) reject(error);
    waiters.clear();
  };
  const poll = async () => {
    const { now, sleep } = context.clock;
    let fullLookAt = now() + firstFullLook;
    try {
      while (waiters.size > 0) {
        const youngest = Math.max(...[...waiters].map(({ since }) => since));
        wake = new AbortController();
        await sleep(interval(now() - youngest), AbortSignal.any([context.signal, wake.signal]));
        if (context.signal.aborted)
          return failAll(stopped(context, "MAAS goes on releasing what it has begun to release"));
        const everything = now() >= fullLookAt;
        try {
          await look(everything);
          if (everything) fullLookAt = now() + untilFullLook(now() - youngest);
        } catch (error) {
          if (context.signal.aborted)
            return failAll(stopped(context, "MAAS goes on releasing what it has begun to release"));
          const kind = maasErrorKind(error);
          if (kind === "unauthorized" || kind === "bad-request") return failAll(error);
          for (const { onNews } of waiters) onNews(error as Error);
        }
      }
    } finally {
      // At once: whoever begins to wait between the last look and a later moment would never be looked for.
      polling = false;
    }
  };

  return {
    settled: (systemId, onNews = () => {}) =>
      new Promise<Seen>((resolve, reject) => {
        waiters.add({ systemId, since: context.clock.now(), onNews, resolve, reject });
        wake.abort();
        if (polling) return;
        polling = true;
        poll().catch(failAll);
      }),
  };
};
