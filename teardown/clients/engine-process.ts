import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** A process that is still the same one: a number is used again, a number with a start time is not. */
export type ProcessIdentity = { pid: number; started: string };

const readProc = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const fields = (pid: number): { parent: number; started: string } | undefined => {
  // The second field is the command's name in brackets and may hold spaces and brackets itself.
  const rest = readProc(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ");
  return rest ? { parent: Number(rest[1]), started: String(rest[19]) } : undefined;
};

/** Who a process is; undefined when it is gone or the system has no /proc. */
export const identify = (pid: number): ProcessIdentity | undefined => {
  const found = fields(pid);
  return found && { pid, started: found.started };
};

/** Whether that very process still runs. Where there is no /proc the number alone decides. */
export const isAlive = (who: ProcessIdentity): boolean => {
  const now = identify(who.pid);
  if (now) return who.started === "" || now.started === who.started;
  if (readProc("/proc/self/stat") !== undefined) return false;
  try {
    process.kill(who.pid, 0);
    return true;
  } catch {
    return false;
  }
};

const commandLine = (pid: number): string[] =>
  (readProc(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(0, -1);

/** The engine above this process: the topmost ancestor that is a `pulumi`. Undefined when it cannot be seen. */
export const engineProcess = (): (ProcessIdentity & { argv: string[] }) | undefined => {
  let found: (ProcessIdentity & { argv: string[] }) | undefined;
  for (let pid = process.ppid; pid > 1; ) {
    const here = fields(pid);
    if (!here) break;
    const argv = commandLine(pid);
    if (basename(argv[0] ?? "") === "pulumi") found = { pid, started: here.started, argv };
    pid = here.parent;
  }
  return found;
};

/** The engine's command line, best effort: empty where it cannot be seen. */
export const engineArguments = (): string[] => engineProcess()?.argv ?? [];

const destroyWords = new Set(["destroy", "down", "dn"]);

/** Whether the engine's command line says `destroy`; undefined where it cannot be seen. */
export const saysDestroy = (argv: readonly string[] = engineArguments()): boolean | undefined =>
  argv.length === 0 ? undefined : argv.some((word) => destroyWords.has(word));
