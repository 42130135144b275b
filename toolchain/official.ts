import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import type { Layout } from "./layout.ts";
import { fileMark, partNames } from "./parts.ts";
import type { Report } from "./report.ts";
import { versions } from "./versions.ts";

/** The user's own PULUMI_HOME; ours, which `make env` sets, does not count. */
export const userHome = (layout: Layout, env: NodeJS.ProcessEnv): string => {
  const home = env.PULUMI_HOME;
  return home && home !== layout.home ? home : join(env.HOME || homedir(), ".pulumi");
};

/** Where an official CLI of our version is downloaded to: the place of the npm package `pulumi`. */
export const officialRoot = (layout: Layout, env: NodeJS.ProcessEnv): string =>
  join(userHome(layout, env), "versions", versions.pulumi);

/** A program, not a script: neither the npm package's `run.js` nor a stand-in of another checkout. */
const isProgram = (path: string): boolean => {
  const start = Buffer.alloc(2);
  try {
    const file = openSync(path, "r");
    try {
      return readSync(file, start) === 2 && start.toString("latin1") !== "#!";
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
};

const pathDirectories = (env: NodeJS.ProcessEnv): string[] =>
  (env.PATH ?? "").split(delimiter).filter((directory) => directory.startsWith("/"));

/** An engine that some checkout of this project built: its stand-ins stand beside it. */
const isOurs = (path: string): boolean => path.includes("/.toolchain/pulumi-home/");

/** All places that may hold an official CLI, in the order in which they are tried. Starts no process. */
export const cliCandidates = (layout: Layout, env: NodeJS.ProcessEnv): string[] => {
  const home = userHome(layout, env);
  const directories = [...pathDirectories(env), join(officialRoot(layout, env), "bin"), join(home, "bin")];
  const paths = directories.map((directory) => join(directory, partNames.cli));
  return [...new Set(paths)].filter((path) => !isOurs(path) && isProgram(path));
};

/** What `cliCandidates` finds, as one text that changes when any of them does. */
export const candidatesMark = (layout: Layout, env: NodeJS.ProcessEnv): string =>
  cliCandidates(layout, env)
    .map((path) => `${path} ${fileMark(path)}`)
    .join("\n");

/** Whether a downloaded program is whole: half of one dies of a signal or cannot be started at all. */
const starts = async (path: string): Promise<boolean> => {
  const result = await execa(path, ["-h"], { reject: false, timeout: 10_000, stdin: "ignore" });
  return result.exitCode !== undefined;
};

/** Version that the CLI at `path` calls itself, without `v`; undefined if it does not run. */
export const cliVersion = async (path: string): Promise<string | undefined> => {
  const result = await execa(path, ["version"], {
    reject: false,
    timeout: 20_000,
    stdin: "ignore",
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return result.exitCode === 0 ? result.stdout.trim().replace(/^v/, "") : undefined;
};

export type OfficialCli = { cli: string; languageHost: string };

/** The CLI at `path` with its language host, if both are whole and of our version. */
export const inspectCli = async (
  path: string,
  env: NodeJS.ProcessEnv,
  report: Report,
): Promise<OfficialCli | undefined> => {
  const version = await cliVersion(path);
  if (version !== versions.pulumi) {
    report(
      `${path} is ${version ? `pulumi ${version}` : "not usable"}, this project needs ${versions.pulumi}: not used`,
    );
    return undefined;
  }
  const beside = [...new Set([dirname(path), dirname(realpathSync(path))])];
  for (const directory of [...beside, ...pathDirectories(env)]) {
    const languageHost = join(directory, partNames.languageHost);
    if (!isOurs(languageHost) && isProgram(languageHost) && (await starts(languageHost)))
      return { cli: path, languageHost };
  }
  report(`${path} has no ${partNames.languageHost} beside it (a half-finished installation?): not used`);
  return undefined;
};

/** The first official CLI of our version on PATH or in the user's PULUMI_HOME. */
export const findOfficial = async (
  layout: Layout,
  env: NodeJS.ProcessEnv,
  report: Report,
): Promise<OfficialCli | undefined> => {
  for (const path of cliCandidates(layout, env)) {
    const found = await inspectCli(path, env, report);
    if (found) return found;
  }
  return undefined;
};

/** The official command plugin in a PULUMI_HOME, if it is there and whole. */
export const findCommandPlugin = async (home: string): Promise<string | undefined> => {
  const path = join(home, "plugins", `resource-command-v${versions.command}`, partNames.command);
  return isProgram(path) && (await starts(path)) ? path : undefined;
};
