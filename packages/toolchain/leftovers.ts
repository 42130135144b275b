import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAlive, processStart } from "./lock.ts";

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
