import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isAlive } from "../engine/engine-process.ts";
import { TeardownError } from "../errors.ts";

type Holder = { pid: number; started: string; host: string; since: string };

const readHolder = (file: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
};

const self = (): Holder => ({
  pid: process.pid,
  started: identify(process.pid)?.started ?? "",
  host: hostname(),
  since: new Date().toISOString(),
});

/** Creates the file with its content in one step, so that nobody ever reads a half-written holder. */
const create = (file: string, text: string): boolean => {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, text, { mode: 0o600 });
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
 * Takes the run directory's lock for this process, and waits a while for a predecessor that is still on its way out: a
 * provider outlives a killed engine (engine.md 3.2), and two must never act at once. A dead holder's lock is taken over.
 *
 * @param wait how long to wait for a living holder, in ms
 * @throws TeardownError `run`, which names the holder
 */
export const takeLock = async (file: string, wait = 30_000): Promise<void> => {
  const me = self();
  const until = Date.now() + wait;
  for (;;) {
    if (create(file, JSON.stringify(me))) return;
    const holder = readHolder(file);
    if (!holder) continue;
    if (holder.pid === me.pid && holder.started === me.started && holder.host === me.host) return;
    const here = holder.host === me.host;
    if (here && !isAlive(holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!here || Date.now() >= until) {
      throw new TeardownError(
        "run",
        [
          `another destroy holds this run: process ${holder.pid} on ${holder.host}, since ${holder.since}`,
          "Nothing was done by this one.",
          here
            ? `Wait for it to end, or stop it (kill ${holder.pid}), then: pulumi destroy`
            : `When it surely no longer runs on ${holder.host}: rm '${file}' && pulumi destroy`,
        ].join("\n"),
      );
    }
    await sleep(200);
  }
};

/** Gives the lock back, if it is ours. */
export const dropLock = (file: string): void => {
  if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
};
