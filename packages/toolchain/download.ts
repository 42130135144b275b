import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { moveIntoPlace, writeAtomically } from "./files.ts";
import type { Layout } from "./layout.ts";
import type { Report } from "./report.ts";

/** Limits of a download, in ms: it may last as long as something arrives. */
export type DownloadLimits = { quiet: number; whole: number };
export const downloadLimits: DownloadLimits = { quiet: 9000, whole: 20 * 60_000 };

/** Bytes of all files below a directory. */
const bytesBelow = (directory: string): number => {
  if (!existsSync(directory)) return 0;
  return readdirSync(directory, { withFileTypes: true, recursive: true }).reduce((sum, entry) => {
    const size = entry.isFile()
      ? (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0)
      : 0;
    return sum + size;
  }, 0);
};

export type Download = {
  what: string;
  command: readonly [string, ...string[]];
  /** The directory in which the command puts everything, also its temporary files (TMPDIR). */
  work: string;
  /** The command's whole environment, to which TMPDIR is added. */
  env: NodeJS.ProcessEnv;
};

/**
 * Runs a downloading command in a process group of its own until it ends, or until nothing has arrived for
 * `limits.quiet` ms; then the whole group is killed.
 *
 * @returns undefined on success, else why it failed, in one line
 */
export const runDownload = async (
  { what, command: [program, ...argv], work, env }: Download,
  report: Report,
  limits: DownloadLimits = downloadLimits,
): Promise<string | undefined> => {
  mkdirSync(work, { recursive: true });
  const child = execa(program, argv, {
    detached: true, // a group of its own, so that the installer's curl ends with it
    reject: false,
    stdin: "ignore",
    all: true,
    env: { ...env, TMPDIR: work },
    extendEnv: false,
  });
  const killGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // it has ended already
    }
  };
  process.once("exit", killGroup);
  let stopped: string | undefined;
  const started = performance.now();
  let seen = { bytes: 0, at: started };
  let reported = started;
  const watch = setInterval(() => {
    const now = performance.now();
    const bytes = bytesBelow(work);
    if (bytes !== seen.bytes) seen = { bytes, at: now };
    if (now - reported >= 3000) {
      reported = now;
      report(`  ${Math.round((now - started) / 1000)} s: ${(bytes / 1e6).toFixed(1)} MB of ${what}`);
    }
    if (now - seen.at > limits.quiet) stopped = `nothing arrived for ${limits.quiet / 1000} s`;
    if (now - started > limits.whole) stopped = `not finished after ${limits.whole / 60_000} minutes`;
    if (stopped) killGroup();
  }, 200);
  try {
    const result = await child;
    if (stopped) return stopped;
    if (result.exitCode === 0) return undefined;
    const lines = (result.all ?? "").split("\n").filter((line) => line.trim() !== "");
    return lines.at(-1)?.trim() ?? result.shortMessage ?? "it failed";
  } finally {
    clearInterval(watch);
    process.off("exit", killGroup);
    killGroup();
  }
};

/** Puts a finished directory in place of whatever half-finished one is there. */
export const replaceDirectory = (finished: string, place: string): void => {
  const old = `${place}.incomplete-${process.pid}`;
  if (existsSync(place)) renameSync(place, old);
  moveIntoPlace(finished, place);
  rmSync(old, { recursive: true, force: true });
};

const memoryFile = (layout: Layout, what: string): string =>
  join(layout.directory, `no-download-${what}.json`);

/** Why the last download of `what` failed; undefined if there was none. Later runs do not try (and wait) again. */
export const rememberedFailure = (layout: Layout, what: string): string | undefined => {
  try {
    const { reason, at }: { reason: string; at: string } = JSON.parse(
      readFileSync(memoryFile(layout, what), "utf8"),
    );
    return `${reason}, at ${at}`;
  } catch {
    return undefined;
  }
};

/** Remembers that `what` could not be downloaded. */
export const rememberFailure = (layout: Layout, what: string, reason: string, at: Date): void =>
  writeAtomically(memoryFile(layout, what), JSON.stringify({ reason, at: at.toISOString() }));

/** Forgets a failed download, so that it is tried again. */
export const forgetFailure = (layout: Layout, what: string): void =>
  rmSync(memoryFile(layout, what), { force: true });
