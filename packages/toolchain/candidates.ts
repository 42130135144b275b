import { closeSync, openSync, readSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Layout } from "./layout.ts";
import { fileMark, partNames } from "./parts.ts";
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
export const isProgram = (path: string): boolean => {
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

export const pathDirectories = (env: NodeJS.ProcessEnv): string[] =>
  (env.PATH ?? "").split(delimiter).filter((directory) => directory.startsWith("/"));

/** An engine that some checkout of this project built: its stand-ins stand beside it. */
export const isOurs = (path: string): boolean => path.includes("/.toolchain/pulumi-home/");

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
