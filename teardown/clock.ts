import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./context.ts";

/** Real time. */
export const realClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : {}).catch(() => {});
  },
};
