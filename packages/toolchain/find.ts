/** Looks for Pulumi's own parts: on PATH, in the user's PULUMI_HOME, beside the CLI. Reads them and downloads nothing. */
import { existsSync, readlinkSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { commandPluginIn, fileMark, type Layout, partNames, versions } from "./parts.ts";

/** Where the stand-in's PULUMI_HOME keeps what the user selected with `pulumi stack select`: a link to the user's own. */
export const workspacesIn = (home: string): string => join(home, "workspaces");

/** The user's own PULUMI_HOME; one of ours, which `make env` has set, is only a link to it. */
export const userHome = (env: NodeJS.ProcessEnv): string => {
  const home = env.PULUMI_HOME;
  if (home && !isOurs(home)) return home;
  try {
    if (home) return dirname(readlinkSync(workspacesIn(home)));
  } catch {
    // set by an older version of this project, or removed since
  }
  return join(env.HOME || homedir(), ".pulumi");
};

/** Where the CLI is downloaded to: the place of the npm package `pulumi`. */
export const downloadPlace = (env: NodeJS.ProcessEnv): string =>
  join(userHome(env), "versions", versions.pulumi);

/** Whether a path lies in the .toolchain of this or another checkout. */
const isOurs = (path: string): boolean => path.includes("/.toolchain/");

/** The npm package's `pulumi` is a script that downloads a CLI and dies at Ctrl-C while the engine goes on. */
const isOfNpm = (path: string): boolean => {
  try {
    return realpathSync(path).includes("/node_modules/");
  } catch {
    return true; // a dangling link
  }
};

const directories = (env: NodeJS.ProcessEnv): string[] => {
  const onPath = (env.PATH ?? "").split(delimiter).filter((directory) => directory.startsWith("/"));
  return [...new Set([...onPath, join(downloadPlace(env), "bin"), join(userHome(env), "bin")])];
};

/** Every file that may be an official `name`, in the order in which they are tried. */
const candidates = (env: NodeJS.ProcessEnv, name: string): string[] =>
  directories(env)
    .map((directory) => join(directory, name))
    .filter((path) => existsSync(path) && !isOurs(path) && !isOfNpm(path));

/** The CLIs that may be used, in order. */
export const cliCandidates = (env: NodeJS.ProcessEnv): string[] => candidates(env, partNames.cli);

/** What stands beside a CLI, also where that is a link to it. */
export const besideCli = (cli: string, name: string): string | undefined =>
  [dirname(cli), dirname(realpathSync(cli))]
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));

/** Language hosts that stand by themselves; one beside a CLI belongs to that one, of whatever version it is. */
export const loneLanguageHosts = (env: NodeJS.ProcessEnv): string[] =>
  candidates(env, partNames.languageHost).filter((path) => !existsSync(join(dirname(path), partNames.cli)));

/** Changes whenever the parts have to be looked for again. */
export const fingerprintOf = (layout: Layout, env: NodeJS.ProcessEnv): string => {
  const files = [
    ...cliCandidates(env),
    ...candidates(env, partNames.languageHost),
    commandPluginIn(userHome(env)),
    ...Object.values(partNames).map((name) => join(layout.bin, name)),
    ...["engine", "language-host"].map((folder) => join(layout.root, "packages/toolchain", folder, "go.sum")),
  ];
  return JSON.stringify([
    versions,
    layout.root,
    userHome(env),
    files.map((path) => `${path} ${fileMark(path)}`),
  ]);
};
