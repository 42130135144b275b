import { setImmediate as turn } from "node:timers/promises";

/** Time that passes only when nothing else can go on. Times are in ms. */
export type VirtualClock = {
  now: () => number;
  /** Does something later. @returns takes it back */
  after: (ms: number, what: () => void) => () => void;
  /** Lets time pass until this work has ended. @throws when the work waits for something that will never come */
  run: <Value>(work: Promise<Value>) => Promise<Value>;
};

type Due = { at: number; order: number; what: () => void };

const before = (one: Due, other: Due): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** Where it belongs in a list in order of time. */
const place = (list: Due[], entry: Due): number => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = list[middle];
    if (there && before(there, entry)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Makes a clock. What is due at the same moment is done in the order in which it was asked for. */
export const virtualClock = (start: number): VirtualClock => {
  let time = start;
  let order = 0;
  const due: Due[] = [];
  return {
    now: () => time,
    after: (ms, what) => {
      const entry = { at: time + Math.max(0, ms), order: order++, what };
      due.splice(place(due, entry), 0, entry);
      return () => {
        const at = due.indexOf(entry);
        if (at >= 0) due.splice(at, 1);
      };
    },
    run: async (work) => {
      let ended = false;
      const end = () => {
        ended = true;
      };
      work.then(end, end);
      for (;;) {
        // All promises that can go on have gone on before a turn of the event loop ends.
        await turn();
        if (ended) return await work;
        const next = due.shift();
        if (!next) throw new Error("the work waits for something that will never come");
        time = next.at;
        next.what();
      }
    },
  };
};
