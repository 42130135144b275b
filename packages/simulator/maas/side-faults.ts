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

type Scheduled = { readonly fault: MaasFault; readonly addedAt: number; left: number; stop: (() => void)[] };

/** Whether a fault is about connections as such, so that the port itself is closed. */
const closesPort = ({ kind, times, match }: MaasFault): boolean =>
  kind === "refused" && times === undefined && match === undefined;

/** Lab ms after the release began of `release+10s`; undefined for a fault that does not wait for it. */
const afterRelease = (from: MaasFault["from"]): number | undefined =>
  typeof from === "number" ? undefined : (parseDuration(from.replace(/^release\+?/, "") || "0s") ?? 0);

/** `onPort` is told when connections are to be refused, and when they are welcome again. */
export const createSideFaults = (
  clock: Clock,
  faults: readonly MaasFault[],
  onPort: (open: boolean) => void = () => {},
): SideFaults => {
  let scheduled: Scheduled[] = [];
  let releasedAt: number | undefined;
  const begins = ({ fault, addedAt }: Scheduled): number => {
    const offset = afterRelease(fault.from);
    if (offset === undefined) return addedAt + Number(fault.from);
    return releasedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(addedAt, releasedAt + offset);
  };
  const planPort = (entry: Scheduled): void => {
    const begin = begins(entry);
    if (!closesPort(entry.fault) || !Number.isFinite(begin) || entry.stop.length > 0) return;
    const wait = Math.max(0, begin - clock.now());
    entry.stop.push(clock.after(wait, () => onPort(false)));
    if (entry.fault.for !== undefined)
      entry.stop.push(clock.after(wait + entry.fault.for, () => onPort(true)));
  };
  const add = (fault: MaasFault): void => {
    const left = fault.times ?? Number.POSITIVE_INFINITY;
    const entry: Scheduled = { fault, addedAt: clock.now(), left, stop: [] };
    scheduled.push(entry);
    planPort(entry);
  };
  for (const fault of faults) add(fault);
  const active = (entry: Scheduled): boolean => {
    const sinceBegin = clock.now() - begins(entry);
    return sinceBegin >= 0 && sinceBegin < (entry.fault.for ?? Number.POSITIVE_INFINITY) && entry.left > 0;
  };
  return {
    add,
    clear: () => {
      for (const stop of scheduled.flatMap((entry) => entry.stop)) stop();
      if (scheduled.some(({ fault }) => closesPort(fault))) onPort(true);
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
      scheduled.forEach(planPort);
    },
  };
};
