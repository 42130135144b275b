import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { build, engine, languageHost } from "./build.ts";
import { downloadCli, downloadCommandPlugin, forgetFailures } from "./download.ts";
import { moveIntoPlace, writeAtomically } from "./files.ts";
import {
  besideCli,
  cliCandidates,
  downloadPlace,
  fingerprintOf,
  loneLanguageHosts,
  userHome,
  workspacesIn,
} from "./find.ts";
import { clearLeftovers, ownName, withLock } from "./lock.ts";
import {
  acceptsPulumi,
  commandPluginIn,
  type Layout,
  type Part,
  partNames,
  readRecord,
  versions,
  writeRecord,
} from "./parts.ts";
import type { SetupTools } from "./tools.ts";

/** Whether a program is whole: half of a downloaded one dies of a signal or cannot be started at all. */
const starts = async (path: string): Promise<boolean> => {
  const result = await execa(path, ["-h"], { reject: false, timeout: 10_000, stdin: "ignore" });
  return result.exitCode !== undefined;
};

/** Version that the CLI at `path` calls itself, without `v`; undefined if it does not run. */
const cliVersion = async (path: string): Promise<string | undefined> => {
  const { exitCode, stdout } = await execa(path, ["version"], {
    reject: false,
    timeout: 20_000,
    stdin: "ignore",
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return exitCode === 0 ? stdout.trim().replace(/^v/, "") : undefined;
};

/** Puts a link in the place of whatever is there. */
const link = (target: string, place: string): void => {
  const made = `${place}.${process.pid}.tmp`;
  rmSync(made, { force: true });
  mkdirSync(join(place, ".."), { recursive: true });
  symlinkSync(target, made);
  moveIntoPlace(made, place);
};

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

/**
 * The language host of 3.68.0 takes as flags what today's engine puts into its requests: the `runtime.options` of
 * Pulumi.yaml, beside which it is started. Node is the project's, whatever `node` on PATH is.
 */
const languageHostWrapper = (layout: Layout): string => `#!/bin/sh
# Written by \`make toolchain\`.
PATH=${quoted(layout.bin)}:$PATH
nodeargs=$(sed -n 's/^ *nodeargs: *//p' Pulumi.yaml 2>/dev/null)
exec ${quoted(languageHost.place(layout))} -typescript=false -nodeargs="$nodeargs" "$@"
`;

const commandWrapper = (layout: Layout): string => `#!/bin/sh
# Written by \`make toolchain\`.
exec ${quoted(join(layout.bin, "node"))} ${quoted(join(layout.root, "packages/toolchain/command-plugin.ts"))} "$@"
`;

/** An official CLI that is there or can be downloaded. */
const officialCli = async (layout: Layout, tools: SetupTools): Promise<Part | undefined> => {
  for (const path of cliCandidates(tools.env)) {
    const version = await cliVersion(path);
    if (version && acceptsPulumi(version)) return { name: partNames.cli, version, origin: "official", path };
    tools.report(
      version
        ? `${path} is pulumi ${version}, this project needs 3 from ${versions.oldestPulumi} on: not used`
        : `${path} does not run: not used`,
    );
  }
  const isWhole = async (path: string) => (await cliVersion(path)) === versions.pulumi;
  if (!(await downloadCli(layout, tools, isWhole))) return undefined;
  const path = join(downloadPlace(tools.env), "bin", partNames.cli);
  return { name: partNames.cli, version: versions.pulumi, origin: "official", path };
};

const makeCli = async (layout: Layout, work: string, tools: SetupTools): Promise<Part> => {
  const official = await officialCli(layout, tools);
  if (!official) {
    const path = await build(engine, layout, work, tools);
    return { name: partNames.cli, version: versions.pulumi, origin: "built here", path };
  }
  link(official.path, join(layout.bin, partNames.cli));
  return official;
};

const makeLanguageHost = async (
  layout: Layout,
  work: string,
  tools: SetupTools,
  cli: Part,
): Promise<Part> => {
  const name = partNames.languageHost;
  const place = join(layout.bin, name);
  const ofCli = cli.origin === "official" ? besideCli(cli.path, name) : undefined;
  for (const path of [...(ofCli ? [ofCli] : []), ...loneLanguageHosts(tools.env)]) {
    if (await starts(path)) {
      link(path, place);
      return { name, version: path === ofCli ? cli.version : "unknown", origin: "official", path };
    }
    tools.report(`${path} does not run: not used`);
  }
  await build(languageHost, layout, work, tools);
  writeAtomically(place, languageHostWrapper(layout), 0o755);
  return { name, version: versions.languageHost, origin: "built here", path: place };
};

/** Starts the dynamic provider of the program's SDK; the script stands beside an official CLI and in the SDK itself. */
const makeDynamicProvider = (layout: Layout, cli: Part): Part => {
  const name = partNames.dynamicProvider;
  const sdk = join(layout.root, "node_modules/@pulumi/pulumi");
  const path = (cli.origin === "official" && besideCli(cli.path, name)) || join(sdk, name);
  link(path, join(layout.bin, name));
  const { version }: { version: string } = JSON.parse(readFileSync(join(sdk, "package.json"), "utf8"));
  return { name, version, origin: "official", path };
};

/** With the PULUMI_HOME at `ours`, too, the stacks that the user selected are the selected ones. */
const keepSelectedStacks = (home: string, ours: string): void => {
  try {
    mkdirSync(workspacesIn(home), { recursive: true });
    link(workspacesIn(home), workspacesIn(ours));
  } catch {
    // A home that cannot be written holds none, and a link into it would let nothing be selected.
    rmSync(workspacesIn(ours), { force: true, recursive: true });
  }
};

const makeCommandPlugin = async (
  layout: Layout,
  work: string,
  tools: SetupTools,
  cli: Part,
): Promise<Part> => {
  const [name, version] = [partNames.command, versions.command];
  const home = userHome(tools.env);
  const official = commandPluginIn(home);
  if ((await starts(official)) || (await downloadCommandPlugin(layout, tools, cli.path, work, starts)))
    return { name, version, origin: "official", path: official };
  const path = commandPluginIn(layout.home);
  writeAtomically(path, commandWrapper(layout), 0o755);
  keepSelectedStacks(home, layout.home);
  return { name, version, origin: "stand-in", path };
};

const makeParts = async (layout: Layout, work: string, tools: SetupTools): Promise<Part[]> => {
  link(process.execPath, join(layout.bin, "node"));
  const cli = await makeCli(layout, work, tools);
  return [
    { name: "node", version: process.versions.node, origin: "official", path: process.execPath },
    cli,
    await makeLanguageHost(layout, work, tools, cli),
    makeDynamicProvider(layout, cli),
    await makeCommandPlugin(layout, work, tools, cli),
  ];
};

/**
 * Makes every part available: official ones that are there or can be downloaded, else built ones; of the command plugin,
 * else a stand-in. May be killed at any moment and run several times at once.
 *
 * @throws ToolchainError when a part can be neither downloaded nor built
 */
export const setUp = (layout: Layout, tools: SetupTools): Promise<Part[]> => {
  const { env, report, sleep, retry } = tools;
  const onWait = (pid: number): void =>
    report(`waiting for process ${pid}, which is setting up the toolchain`);
  return withLock(layout.lock, { sleep, onWait }, async () => {
    if (retry) forgetFailures(layout);
    const present = retry ? undefined : readRecord(layout, fingerprintOf(layout, env));
    if (present) return present; // another process made it while we waited
    clearLeftovers(layout.temporary);
    const work = join(layout.temporary, ownName());
    mkdirSync(work, { recursive: true });
    try {
      const parts = await makeParts(layout, work, tools);
      writeRecord(layout, fingerprintOf(layout, env), parts);
      return parts;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
};
