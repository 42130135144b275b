import type { Clock } from "../clock.ts";
import { parseDuration } from "../duration.ts";
import type { MaasFault } from "./scenario.ts";

/** The faults of the whole MAAS side, each with its window of lab time. */
export type SideFaults = {
  /** The fault that hits a request described as `METHOD /path?query` now, if any; it counts as one hit. */
  readonly hit: (what: string) => MaasFault | undefined;
  /** Adds a fault; a `from` in time counts from now. */
  readonly add: (fault: MaasFault) => void;
  readonly clear: () => void;
  /** To be called when the first release begins. */
  readonly releaseBegan: () => void;
};

type Scheduled = { readonly fault: MaasFault; readonly addedAt: number; left: number };

/** Lab ms after the release began of `release+10s`; undefined for a fault that does not wait for it. */
const afterRelease = (from: MaasFault["from"]): number | undefined =>
  typeof from === "number" ? undefined : (parseDuration(from.replace(/^release\+?/, "") || "0s") ?? 0);

export const createSideFaults = (clock: Clock, faults: readonly MaasFault[]): SideFaults => {
  let scheduled: Scheduled[] = [];
  let releasedAt: number | undefined;
  const add = (fault: MaasFault): void => {
    scheduled.push({ fault, addedAt: clock.now(), left: fault.times ?? Number.POSITIVE_INFINITY });
  };
  for (const fault of faults) add(fault);
  const begins = ({ fault, addedAt }: Scheduled): number => {
    const offset = afterRelease(fault.from);
    if (offset === undefined) return addedAt + Number(fault.from);
    return releasedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(addedAt, releasedAt + offset);
  };
  const active = (entry: Scheduled): boolean => {
    const sinceBegin = clock.now() - begins(entry);
    return sinceBegin >= 0 && sinceBegin < (entry.fault.for ?? Number.POSITIVE_INFINITY) && entry.left > 0;
  };
  return {
    add,
    clear: () => {
      scheduled = [];
    },
    hit: (what) => {
      const entry = scheduled.find(
        (candidate) => active(candidate) && what.includes(candidate.fault.match ?? ""),
      );
      if (entry) entry.left -= 1;
      return entry?.fault;
    },
    releaseBegan: () => {
      releasedAt ??= clock.now();
    },
  };
};
