import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildEngine } from "./build.ts";
import { officialRoot, userHome } from "./candidates.ts";
import {
  forgetFailure,
  rememberedFailure,
  rememberFailure,
  replaceDirectory,
  runDownload,
} from "./download.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Layout } from "./layout.ts";
import { isAlive, processStart, withLock } from "./lock.ts";
import { findCommandPlugin, findOfficial, inspectCli, type OfficialCli } from "./official.ts";
import { type Part, partNames, readRecord, writeRecord } from "./parts.ts";
import type { Report } from "./report.ts";
import { commandWrapper, dynamicProviderWrapper, languageHostWrapper, writeWrapper } from "./stand-ins.ts";
import { versions } from "./versions.ts";

/** What a set-up works with; tests put their own in. */
export type SetupTools = {
  env: NodeJS.ProcessEnv;
  report: Report;
  sleep: (milliseconds: number) => Promise<void>;
  now: () => Date;
  /** Downloads the official CLI into `root`; the npm package `pulumi`'s own installer. */
  installer: readonly [string, ...string[]];
  /** Try downloads again that failed before. */
  retry: boolean;
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

/** Removes what runs left behind that were killed; directories in use carry their process in the name. */
const clearLeftovers = (layout: Layout): void => {
  mkdirSync(layout.temporary, { recursive: true });
  for (const name of readdirSync(layout.temporary)) {
    const [pid = "", started = ""] = name.split("-");
    if (!isAlive({ pid: Number(pid), started }))
      rmSync(join(layout.temporary, name), { recursive: true, force: true });
  }
};

const downloadCli = async (
  layout: Layout,
  work: string,
  tools: SetupTools,
): Promise<OfficialCli | undefined> => {
  const { env, report, now } = tools;
  const root = officialRoot(layout, env);
  // Beside its final place, so that it can be renamed.
  const made = join(work, "official");
  const started = performance.now();
  report(`downloading pulumi ${versions.pulumi} with its language host from pulumi.com`);
  const [program, ...argv] = tools.installer;
  const failure = await runDownload(
    { what: "pulumi", command: [program, ...argv, versions.pulumi, made], work },
    report,
  );
  const inspected = failure ? undefined : await inspectCli(join(made, "bin", partNames.cli), {}, report);
  if (inspected) {
    const finished = `${root}.new-${process.pid}`;
    replaceDirectory(made, finished);
    replaceDirectory(finished, root);
    return { cli: join(root, "bin", partNames.cli), languageHost: join(root, "bin", partNames.languageHost) };
  }
  const reason = failure ?? "what was downloaded does not run";
  report(`no download after ${((performance.now() - started) / 1000).toFixed(1)} s: ${reason}`);
  rememberFailure(layout, partNames.cli, reason, now());
  return undefined;
};

const officialCli = async (
  layout: Layout,
  work: string,
  tools: SetupTools,
): Promise<OfficialCli | undefined> => {
  const found = await findOfficial(layout, tools.env, tools.report);
  if (found) return found;
  const before = rememberedFailure(layout, partNames.cli);
  if (!before) return downloadCli(layout, work, tools);
  tools.report(`not downloading pulumi: it failed before (${before}); TOOLCHAIN_RETRY=1 tries again`);
  return undefined;
};

/** The official command plugin: only with an official CLI, which downloads it. */
const officialCommand = async (
  layout: Layout,
  cli: string,
  work: string,
  { env, report, now }: SetupTools,
): Promise<string | undefined> => {
  const home = userHome(layout, env);
  const present = await findCommandPlugin(home);
  if (present) return present;
  const before = rememberedFailure(layout, partNames.command);
  if (before) {
    report(`not downloading the command plugin: it failed before (${before}); TOOLCHAIN_RETRY=1 tries again`);
    return undefined;
  }
  report(`downloading the command plugin ${versions.command}`);
  const failure = await runDownload(
    {
      what: "the command plugin",
      command: [cli, "plugin", "install", "resource", "command", versions.command],
      work,
      env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
    },
    report,
  );
  const installed = failure ? undefined : await findCommandPlugin(home);
  if (!installed) rememberFailure(layout, partNames.command, failure ?? "it does not run", now());
  return installed;
};

/** Version of an installed npm package. */
const installedVersion = (layout: Layout, name: string): string => {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(layout.root, "node_modules", name, "package.json"), "utf8"),
  );
  return manifest.version;
};

const makeParts = async (layout: Layout, work: string, tools: SetupTools): Promise<Part[]> => {
  const official = await officialCli(layout, work, tools);
  const cli = official?.cli ?? (await buildEngine(layout, join(work, "build"), tools.report));
  const plugin = official && (await officialCommand(layout, cli, work, tools));
  const languageHost = official?.languageHost ?? writeWrapper(languageHostWrapper(layout));
  const command = plugin ?? writeWrapper(commandWrapper(layout));
  const { pulumi, command: commandVersion } = versions;
  return [
    { name: "node", version: process.versions.node, origin: "official", path: process.execPath },
    { name: partNames.cli, version: pulumi, origin: official ? "official" : "built here", path: cli },
    {
      name: partNames.languageHost,
      version: pulumi,
      origin: official ? "official" : "stand-in",
      path: languageHost,
    },
    {
      name: partNames.dynamicProvider,
      version: installedVersion(layout, "@pulumi/pulumi"),
      origin: "official",
      path: writeWrapper(dynamicProviderWrapper(layout)),
    },
    {
      name: partNames.command,
      version: commandVersion,
      origin: plugin ? "official" : "stand-in",
      path: command,
    },
  ];
};

/**
 * Makes every part available: official ones that are there or can be downloaded, else built or stand-ins. May be
 * killed at any moment and run several times at once.
 *
 * @throws TeardownError `missing` when the engine can be neither downloaded nor built
 */
export const setUp = (layout: Layout, tools: SetupTools): Promise<Part[]> => {
  const { env, report, sleep, retry } = tools;
  const onWait = (pid: number): void =>
    report(`waiting for process ${pid}, which is setting up the toolchain`);
  return withLock(layout.lock, { sleep, onWait }, async () => {
    if (retry) for (const what of [partNames.cli, partNames.command]) forgetFailure(layout, what);
    const present = retry ? undefined : readRecord(layout, fingerprintOf(layout, env));
    if (present) return present; // another process made it while we waited
    clearLeftovers(layout);
    const work = join(layout.temporary, `${process.pid}-${processStart(process.pid)}`);
    try {
      const parts = await makeParts(layout, work, tools);
      writeRecord(layout, { fingerprint: fingerprintOf(layout, env), parts });
      return parts;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
};
