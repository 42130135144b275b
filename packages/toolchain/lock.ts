import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Who holds the lock: a process id alone may have been given to another process since. */
type Holder = { pid: number; started: string };

/** When a process started, in the kernel's clock ticks; "" if there is no such process (or no /proc). */
export const processStart = (pid: number): string => {
  try {
    // The name, in brackets, may hold blanks: fields are counted from its end. Field 22 is the start time (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
};

/** Whether that very process still runs. */
export const isAlive = ({ pid, started }: Holder): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return processStart(pid) === started;
};

const readHolder = (path: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
};

/** Takes the lock file at `path` if it is free or its holder is dead; returns the living holder otherwise. */
export const tryLock = (path: string): Holder | undefined => {
  mkdirSync(dirname(path), { recursive: true });
  const me: Holder = { pid: process.pid, started: processStart(process.pid) };
  const mine = `${path}.${me.pid}`;
  writeFileSync(mine, JSON.stringify(me));
  try {
    for (;;) {
      try {
        linkSync(mine, path); // appears with its content, or fails because another is there
        return undefined;
      } catch {
        const holder = readHolder(path);
        if (holder && isAlive(holder)) return holder;
        // Renaming tells which of several waiters may clear a dead holder's lock away.
        const dead = `${path}.dead.${me.pid}`;
        try {
          renameSync(path, dead);
        } catch {
          continue;
        }
        const taken = readHolder(dead);
        if (taken && isAlive(taken)) {
          renameSync(dead, path); // a living one took it in between: give it back
          return taken;
        }
        rmSync(dead, { force: true });
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
};

export type LockTools = {
  sleep: (milliseconds: number) => Promise<void>;
  /** Called every few seconds while another process holds the lock. */
  onWait: (pid: number) => void;
};

/**
 * Runs `work` while holding the lock file at `path`; waits for a living holder, takes over from a dead one.
 *
 * @returns what `work` returns
 */
export const withLock = async <T>(
  path: string,
  { sleep, onWait }: LockTools,
  work: () => Promise<T>,
): Promise<T> => {
  for (let waited = 0; ; waited += 1) {
    const holder = tryLock(path);
    if (!holder) break;
    if (waited % 25 === 0) onWait(holder.pid);
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
};

/** A directory name that tells later runs whether this one is still alive. */
export const ownName = (): string => `${process.pid}-${processStart(process.pid)}`;

/** Removes what runs left below `directory` that were killed; `prefix` is what their names start with. */
export const clearLeftovers = (directory: string, prefix = ""): void => {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const [pid = "", started = ""] = name.slice(prefix.length).split("-");
    if (name.startsWith(prefix) && !isAlive({ pid: Number(pid), started }))
      rmSync(join(directory, name), { recursive: true, force: true });
  }
};
