import { appendFileSync } from "node:fs";

/** Who was called: the MAAS API over HTTP, or one of the two command line clients. */
export type CallSide = "maas-api" | "maas-cli" | "juju-cli";

/** One call that a client made of the simulated lab. Times are real time. */
export type Call = {
  /** When the call ended (the begin line of the file: when it began), ISO with milliseconds. */
  readonly at: string;
  readonly side: CallSide;
  /** `POST /MAAS/api/2.0/machines/4y3h7n/?op=release`, or `juju destroy-model ...`. */
  readonly what: string;
  /** Form fields, who called and the like; never a secret. */
  readonly detail?: Record<string, unknown>;
  /** `200`, `rc 0`; empty while the call is running. */
  readonly answer: string;
  /** Real milliseconds from begin to end. */
  readonly took: number;
  readonly startedAt: string;
};

/** A call that has begun; `end` records its answer, once. */
export type CallInProgress = { readonly end: (answer: string, detail?: Record<string, unknown>) => Call };

export type CallLog = {
  /** Records that a call begins, so that overlaps can be seen even after a crash. */
  readonly begin: (call: Pick<Call, "side" | "what" | "detail">) => CallInProgress;
  /** Records a call that is over already. */
  readonly add: (call: Call) => void;
  /** The calls that have ended, in the order of their ends. */
  readonly all: () => Call[];
};

const iso = (epochMs: number): string => new Date(epochMs).toISOString();

/**
 * The log of all calls made of the simulated lab, in memory and, given a `file`, as JSON lines: one line when a
 * call begins and one when it ends (`phase` "begin" or "end", the same `call` number).
 */
export const callLog = (file?: string, now: () => number = Date.now): CallLog => {
  const ended: Call[] = [];
  let count = 0;
  const write = (phase: "begin" | "end", call: number, entry: Call): void => {
    if (file) appendFileSync(file, `${JSON.stringify({ phase, call, ...entry })}\n`);
  };
  const begin: CallLog["begin"] = ({ side, what, detail }) => {
    count += 1;
    const number = count;
    const startedMs = now();
    const startedAt = iso(startedMs);
    const base = { side, what, ...(detail ? { detail } : {}) };
    write("begin", number, { at: startedAt, ...base, answer: "", took: 0, startedAt });
    return {
      end: (answer, more) => {
        const endedMs = now();
        const all = { ...detail, ...more };
        const call: Call = {
          at: iso(endedMs),
          side,
          what,
          ...(detail || more ? { detail: all } : {}),
          answer,
          took: endedMs - startedMs,
          startedAt,
        };
        ended.push(call);
        write("end", number, call);
        return call;
      },
    };
  };
  const add: CallLog["add"] = (call) => {
    count += 1;
    ended.push(call);
    write("begin", count, { ...call, at: call.startedAt, answer: "", took: 0 });
    write("end", count, call);
  };
  return { begin, add, all: () => [...ended] };
};
