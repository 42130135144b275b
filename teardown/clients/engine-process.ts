import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename, delimiter, isAbsolute, join } from "node:path";

/** A process that is still the same one: a number is used again, a number with a start time is not. */
export type ProcessIdentity = { pid: number; started: string };

const readProc = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

// A process that has ended stays listed until its parent asks for its exit code.
const ended = new Set(["Z", "X"]);

const fields = (pid: number): { parent: number; started: string } | undefined => {
  // The second field is the command's name in brackets and may hold spaces and brackets itself.
  const rest = readProc(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .split(" ");
  return rest && !ended.has(rest[0] ?? "")
    ? { parent: Number(rest[1]), started: String(rest[19]) }
    : undefined;
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

/** The engine above this process. `started` is empty where there is no /proc. */
export type EngineProcess = ProcessIdentity & {
  argv: string[];
  /** Whether `argv` is exact. From `ps` it is split at white space: an argument that holds some is in pieces. */
  exact: boolean;
  /** Its working folder, which is where `-C` led. Undefined without /proc. */
  cwd: string | undefined;
  /** The file that it runs. Undefined when it cannot be found. */
  binary: string | undefined;
};

const linkOf = (path: string): string | undefined => {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** The file that a shell would have run for `name`. A relative path tells nothing: the folder it started in is unknown. */
const programOf = (name: string, path: string): string | undefined => {
  const candidates = isAbsolute(name)
    ? [name]
    : name.includes("/")
      ? []
      : path.split(delimiter).map((folder) => join(folder, name));
  return candidates.find((candidate) => isAbsolute(candidate) && isProgram(candidate));
};

/** The file of a running process. One that was replaced meanwhile can still be run through /proc. */
const fileOf = (pid: number): string | undefined => {
  const file = linkOf(`/proc/${pid}/exe`);
  return file === undefined || isProgram(file) ? file : `/proc/${pid}/exe`;
};

/** Looks at one process; undefined when it cannot be seen. */
export type Look = (pid: number) => { parent: number; process: EngineProcess } | undefined;

/** As Linux shows it. */
export const lookInProc: Look = (pid) => {
  const found = fields(pid);
  if (!found) return undefined;
  const argv = (readProc(`/proc/${pid}/cmdline`) ?? "").split("\0").slice(0, -1);
  return {
    parent: found.parent,
    process: {
      pid,
      started: found.started,
      argv,
      exact: true,
      cwd: linkOf(`/proc/${pid}/cwd`),
      binary: fileOf(pid) ?? programOf(argv[0] ?? "", process.env.PATH ?? ""),
    },
  };
};

// It answers in milliseconds; a `ps` that hangs must not hold a provider up.
const psLimit = 5_000;

/** As `ps` tells it: for macOS, which has no /proc. */
export const lookByPs: Look = (pid) => {
  const { status, stdout } = spawnSync("ps", ["-ww", "-o", "ppid=,command=", "-p", String(pid)], {
    encoding: "utf8",
    timeout: psLimit,
  });
  const [, parent, command] = (status === 0 && stdout.match(/^\s*(\d+)\s+(.*)/s)) || [];
  if (!parent || command === undefined) return undefined;
  const argv = command.trim().split(/\s+/);
  return {
    parent: Number(parent),
    process: {
      pid,
      started: "",
      argv,
      exact: false,
      cwd: undefined,
      binary: programOf(argv[0] ?? "", process.env.PATH ?? ""),
    },
  };
};

/**
 * The engine above this process: the topmost ancestor that is a `pulumi`. Undefined when it cannot be seen.
 *
 * @param look how to look at a process: in /proc where there is one, else by `ps`
 */
export const engineProcess = (
  look: Look = readProc("/proc/self/stat") === undefined ? lookByPs : lookInProc,
): EngineProcess | undefined => {
  let found: EngineProcess | undefined;
  for (let pid = process.ppid; pid > 1; ) {
    const here = look(pid);
    if (!here) break;
    if (basename(here.process.argv[0] ?? "") === "pulumi") found = here.process;
    pid = here.parent;
  }
  return found;
};
