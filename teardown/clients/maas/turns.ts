/** Gives a turn back; to be called once. */
export type EndTurn = () => void;

/** Lets so many through at a time, the others in the order of their coming. */
export type Turns = {
  /** Waits for a turn. @returns undefined when the signal was aborted first */
  take: (signal: AbortSignal | undefined) => Promise<EndTurn | undefined>;
  /** Whether who comes now has to wait. */
  full: () => boolean;
};

/**
 * Turns for `count` at a time. A request that waits for a connection as an object of Node's holds some 20 KB: a thousand of
 * them wait here instead.
 */
export const turns = (count: number): Turns => {
  let free = count;
  const waiting = new Set<() => void>();
  const end: EndTurn = () => {
    free++;
    const [next] = waiting;
    if (!next) return;
    waiting.delete(next);
    free--;
    next();
  };
  const take: Turns["take"] = (signal) => {
    if (signal?.aborted) return Promise.resolve(undefined);
    if (free > 0) {
      free--;
      return Promise.resolve(end);
    }
    return new Promise((resolve) => {
      const called = (): void => {
        signal?.removeEventListener("abort", aborted);
        resolve(end);
      };
      const aborted = (): void => {
        waiting.delete(called);
        resolve(undefined);
      };
      signal?.addEventListener("abort", aborted, { once: true });
      waiting.add(called);
    });
  };
  return { take, full: () => free === 0 };
};
