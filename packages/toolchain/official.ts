import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cliCandidates, isOurs, isProgram, pathDirectories } from "./candidates.ts";
import type { Layout } from "./layout.ts";
import { partNames } from "./parts.ts";
import type { Report } from "./report.ts";
import { versions } from "./versions.ts";

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
