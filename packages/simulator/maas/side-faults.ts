import type { Clock } from "../clock.ts";
import { parseDuration } from "../duration.ts";
import { failure, type Reply } from "./reply.ts";
import type { MaasFault } from "./scenario.ts";

/** What a fault of the whole side does to a request; a hook that is not there changes nothing. */
type Behaviour = {
  /** The connection breaks, or nothing ever comes. */
  readonly breaks?: "reset" | "hang";
  /** The answer in MAAS's place. */
  readonly reply?: () => Reply;
  /** The right answer is late by the fault's `delay`, or cut off in the middle. */
  readonly spoils?: "late" | "cut";
};

/** What can happen to requests. A new kind of fault is an entry here and a row in the README. */
export const sideFaultKinds = {
  refused: { breaks: "reset" },
  reset: { breaks: "reset" },
  hang: { breaks: "hang" },
  "500": { reply: () => failure(500, "Internal server error (simulated).") },
  "503": { reply: () => failure(503, "Service unavailable (simulated).") },
  html: {
    reply: () => ({ ...failure(200, "<html><body>Please log in.</body></html>"), type: "text/html" }),
  },
  truncated: { spoils: "cut" },
  "401": {
    reply: () => ({
      ...failure(401, "Authorization Error: Invalid API key."),
      type: "text/html; charset=utf-8",
    }),
  },
  slow: { spoils: "late" },
} satisfies Readonly<Record<string, Behaviour>>;

export type SideFaultKind = keyof typeof sideFaultKinds;

/** The names of all faults: TypeScript does not know that there are no others. */
export const sideFaultNames = Object.keys(sideFaultKinds) as SideFaultKind[];

/** What a fault does; nothing when there is none. */
export const sideBehaviour = (fault: MaasFault | undefined): Behaviour =>
  fault ? sideFaultKinds[fault.kind] : {};

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
