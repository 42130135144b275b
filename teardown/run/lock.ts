import { linkSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { identify, isAlive } from "../clients/engine-process.ts";
import { TeardownError } from "../errors.ts";
import { readText, writePartial, writeWhole } from "./files.ts";

const holderShape = z.object({
  pid: z.number(),
  started: z.string(),
  host: z.string(),
  since: z.string(),
  /** The holder said that it was ending: another host, which cannot see whether it has ended, may take the lock over. */
  released: z.boolean().optional(),
});
type Holder = z.output<typeof holderShape>;

/** Who holds a lock: undefined when nobody does, "unreadable" when the file does not say it. */
const readHolder = (file: string): Holder | "unreadable" | undefined => {
  try {
    return holderShape.parse(JSON.parse(readText(file)));
  } catch (error) {
    // A link or a folder is there all the same, and no lock can be made in its place.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : "unreadable";
  }
};

/** Held for the moment in which a dead holder's lock is taken over. */
const claimOf = (file: string): string => `${file}.claim`;

const isSame = (one: Holder, other: Holder): boolean =>
  one.pid === other.pid && one.started === other.started && one.host === other.host;

const self = (): Holder => ({
  pid: process.pid,
  started: identify(process.pid)?.started ?? "",
  host: hostname(),
  since: new Date().toISOString(),
});

/** Creates the file with its content in one step, so that nobody ever reads a half-written holder. */
const create = (file: string, text: string): boolean => {
  const mine = writePartial(file, text);
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
};

/**
 * Puts a process in a dead holder's place. Only one at a time may, and it looks again first: another may have done so already.
 *
 * @returns false when another process is at it
 */
const takeOver = (file: string, dead: Holder, me: Holder): boolean => {
  const claim = claimOf(file);
  if (!create(claim, JSON.stringify(me))) return false;
  try {
    const holder = readHolder(file);
    if (holder && holder !== "unreadable" && isSame(holder, dead)) writeWhole(file, JSON.stringify(me));
    return true;
  } finally {
    rmSync(claim, { force: true });
  }
};

const held = (file: string, holder: Holder | "unreadable" | "claimed", here: boolean): TeardownError => {
  const explain = (): [who: string, next: string] => {
    if (holder === "unreadable")
      return [
        "its lock does not say which process",
        `When no other destroy runs: rm -r '${file}' && pulumi destroy`,
      ];
    if (holder === "claimed")
      return [
        "a process was taking over its lock",
        `When no other destroy runs: rm '${claimOf(file)}' && pulumi destroy`,
      ];
    return [
      `process ${holder.pid} on ${holder.host}, since ${holder.since}`,
      here
        ? `Wait for it to end, or stop it (kill ${holder.pid}), then: pulumi destroy`
        : `When it surely no longer runs on ${holder.host}: rm '${file}' && pulumi destroy`,
    ];
  };
  const [who, next] = explain();
  return new TeardownError(
    "run",
    `another destroy holds this run: ${who}\nNothing was done by this one.\n${next}`,
  );
};

/**
 * Takes the run directory's lock for this process, and waits a while for a predecessor that is still on its way out: a
 * provider outlives a killed engine (engine.md 3.2), and two must never act at once. A dead holder's lock is taken over.
 *
 * @param signal ends the wait
 * @param wait how long to wait for a living holder, in ms
 * @throws TeardownError `run`, which names the holder
 */
export const takeLock = async (file: string, signal?: AbortSignal, wait = 30_000): Promise<void> => {
  const me = self();
  // Monotonic: a clock that is set back must not make it wait for ever.
  const until = performance.now() + wait;
  for (;;) {
    signal?.throwIfAborted();
    if (create(file, JSON.stringify(me))) return;
    const holder = readHolder(file);
    if (!holder) continue;
    if (holder === "unreadable") throw held(file, holder, true);
    if (isSame(holder, me)) return;
    const here = holder.host === me.host;
    const isOver = here ? !isAlive(holder) : holder.released;
    if (isOver && takeOver(file, holder, me)) continue;
    if ((!here && !isOver) || performance.now() >= until) throw held(file, isOver ? "claimed" : holder, here);
    await sleep(200, undefined, signal ? { signal } : {});
  }
};

/** Marks the lock as given back, if it is ours. It stays until this process has ended: two must never act at once. */
export const dropLock = (file: string): void => {
  try {
    const holder = readHolder(file);
    if (holder && holder !== "unreadable" && isSame(holder, self()))
      writeWhole(file, JSON.stringify({ ...holder, released: true }));
  } catch {
    // Nothing depends on it: a dead holder's lock is taken over.
  }
};

const dropped = new Set<string>();

/** Drops a lock when this process ends. */
export const dropAtExit = (file: string): void => {
  if (dropped.size === 0)
    process.once("exit", () => {
      for (const lock of dropped) dropLock(lock);
    });
  dropped.add(file);
};
