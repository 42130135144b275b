/**
 * Lab time. Everything in the simulated lab takes its time from here, so that a teardown of minutes can be
 * rehearsed in seconds, and so that the state machines can be tested without waiting.
 */
export type Clock = {
  /** Lab time, epoch milliseconds. */
  readonly now: () => number;
  /** Resolves after `labMs` of lab time; rejects with the signal's reason when aborted. */
  readonly sleep: (labMs: number, signal?: AbortSignal) => Promise<void>;
  /** Calls `action` after `labMs` of lab time; the returned function cancels it. */
  readonly after: (labMs: number, action: () => void) => () => void;
  /** Lab milliseconds that pass in one real millisecond. */
  readonly speed: number;
};

/** A clock that only moves when told to, for tests. */
export type ManualClock = Clock & {
  /** Moves lab time on by `labMs`, and runs what falls due, in order, letting promises settle in between. */
  readonly advance: (labMs: number) => Promise<void>;
};

/** The longest delay that a Node timer can hold, ms. */
const longestTimer = 2 ** 31 - 1;

const sleepWith =
  (after: Clock["after"]): Clock["sleep"] =>
  (labMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = after(labMs, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });

/**
 * Lab time that runs `speed` times faster than real time, starting at the real time.
 *
 * Timers do not keep the process alive: whoever serves the lab does.
 */
export const realClock = (speed = 1): Clock => {
  const startedAt = Date.now();
  const startedTicks = performance.now();
  const after: Clock["after"] = (labMs, action) => {
    const timer = setTimeout(action, Math.min(Math.max(0, labMs) / speed, longestTimer));
    timer.unref();
    return () => clearTimeout(timer);
  };
  return {
    now: () => startedAt + (performance.now() - startedTicks) * speed,
    after,
    sleep: sleepWith(after),
    speed,
  };
};

/** Lets everything that is waiting on settled promises run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A clock for tests: it stands still until `advance` is called. */
export const manualClock = (startedAt: number = Date.UTC(2026, 0, 1)): ManualClock => {
  let now = startedAt;
  const due = new Set<{ at: number; action: () => void }>();
  const after: Clock["after"] = (labMs, action) => {
    const entry = { at: now + Math.max(0, labMs), action };
    due.add(entry);
    return () => due.delete(entry);
  };
  const advance = async (labMs: number): Promise<void> => {
    const until = now + labMs;
    await settle();
    for (;;) {
      const next = [...due].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      due.delete(next);
      now = Math.max(now, next.at);
      next.action();
      await settle();
    }
    now = until;
  };
  return { now: () => now, after, sleep: sleepWith(after), speed: 1, advance };
};
