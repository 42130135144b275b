/** Downloads Pulumi's own CLI (with its language host) and command plugin, and remembers what could not be downloaded. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { moveIntoPlace, writeAtomically } from "./files.ts";
import { downloadPlace, userHome } from "./find.ts";
import { clearLeftovers, ownName } from "./lock.ts";
import { commandPluginIn, type Layout, partNames, versions } from "./parts.ts";
import type { Report, SetupTools } from "./tools.ts";

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
    const lines = (result.all ?? "")
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    const last = lines.at(-1) ?? result.shortMessage ?? "it failed";
    // Pulumi's last line only counts its attempts; the reason of each is a warning.
    const warning = lines.findLast((line) => line.startsWith("warning: "));
    return warning ? `${last} (${warning.replace("warning: ", "")})` : last;
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

/** Forgets failed downloads, so that they are tried again. */
export const forgetFailures = (layout: Layout): void => {
  for (const what of [partNames.cli, partNames.command]) rmSync(memoryFile(layout, what), { force: true });
};

/** Remembers that `what` could not be downloaded: later runs do not try (and wait) again. */
export const rememberFailure = (layout: Layout, what: string, reason: string, at: Date): void =>
  writeAtomically(memoryFile(layout, what), JSON.stringify({ reason, at: at.toISOString() }));

const rememberedFailure = (layout: Layout, what: string): string | undefined => {
  try {
    const { reason, at }: { reason: string; at: string } = JSON.parse(
      readFileSync(memoryFile(layout, what), "utf8"),
    );
    return `${reason}, at ${at}`;
  } catch {
    return undefined;
  }
};

/**
 * Downloads `what` with `download`, which returns why it failed, unless that failed before.
 *
 * @returns whether it is there now
 */
const unlessFailedBefore = async (
  layout: Layout,
  what: string,
  { report, now }: SetupTools,
  download: () => Promise<string | undefined>,
): Promise<boolean> => {
  const before = rememberedFailure(layout, what);
  if (before) {
    report(`not downloading ${what}: it failed before (${before}); TOOLCHAIN_RETRY=1 tries again`);
    return false;
  }
  const started = performance.now();
  report(`downloading ${what}`);
  const failure = await download();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  report(failure ? `no ${what} after ${seconds} s: ${failure}` : `downloaded in ${seconds} s`);
  if (failure) rememberFailure(layout, what, failure, now());
  return failure === undefined;
};

/** The npm package's installer as a process of its own, so that it can be ended. */
export const npmInstaller = (layout: Layout): readonly [string, ...string[]] => [
  process.execPath,
  "-e",
  `require(process.argv[1]).installCLI(process.argv[2], process.argv[3]).catch((error) => {
    console.error(error.cause?.message ?? error.message);
    process.exit(1);
  });`,
  join(layout.root, "node_modules/pulumi/lib/download.js"),
];

/**
 * Downloads the CLI into a directory beside the final one, so that a whole CLI or none is there.
 *
 * @param isWhole whether the CLI at a path runs
 * @returns whether it is there now
 */
export const downloadCli = (
  layout: Layout,
  tools: SetupTools,
  isWhole: (cli: string) => Promise<boolean>,
): Promise<boolean> =>
  unlessFailedBefore(layout, partNames.cli, tools, async () => {
    const place = downloadPlace(tools.env);
    const prefix = `.${versions.pulumi}-`;
    const work = join(dirname(place), `${prefix}${ownName()}`);
    const made = join(work, "official");
    const [program, ...argv] = tools.installer;
    try {
      clearLeftovers(dirname(place), prefix);
      const command = [program, ...argv, versions.pulumi, made] as const;
      const failure = await runDownload({ what: "pulumi", command, work, env: tools.env }, tools.report);
      if (failure) return failure;
      if (!(await isWhole(join(made, "bin", partNames.cli)))) return "what was downloaded does not run";
      replaceDirectory(made, place);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error); // e.g. a HOME that cannot be written
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });

/**
 * Has the CLI at `cli` install the command plugin into the user's PULUMI_HOME.
 *
 * @param isWhole whether the plugin at a path runs
 * @returns whether it is there now
 */
export const downloadCommandPlugin = (
  layout: Layout,
  tools: SetupTools,
  cli: string,
  work: string,
  isWhole: (plugin: string) => Promise<boolean>,
): Promise<boolean> =>
  unlessFailedBefore(layout, partNames.command, tools, async () => {
    const home = userHome(tools.env);
    const failure = await runDownload(
      {
        what: partNames.command,
        command: [cli, "plugin", "install", "resource", "command", versions.command],
        work,
        env: { ...tools.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
      },
      tools.report,
    );
    if (failure) return failure;
    return (await isWhole(commandPluginIn(home))) ? undefined : "what was downloaded does not run";
  });
