import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildEngine } from "./build.ts";
import { forgetFailure } from "./download.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Layout } from "./layout.ts";
import { clearLeftovers, ownName } from "./leftovers.ts";
import { withLock } from "./lock.ts";
import { officialCli } from "./official-cli.ts";
import { officialCommand } from "./official-command.ts";
import { type Part, partNames, readRecord, writeRecord } from "./parts.ts";
import { commandWrapper, dynamicProviderWrapper, languageHostWrapper, writeWrapper } from "./stand-ins.ts";
import type { SetupTools } from "./tools.ts";
import { versions } from "./versions.ts";

/** Version of an installed npm package. */
const installedVersion = (layout: Layout, name: string): string => {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(layout.root, "node_modules", name, "package.json"), "utf8"),
  );
  return manifest.version;
};

const makeParts = async (layout: Layout, work: string, tools: SetupTools): Promise<Part[]> => {
  const official = await officialCli(layout, tools);
  const cli = official?.cli ?? (await buildEngine(layout, work, tools));
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
 * @throws ToolchainError when the engine can be neither downloaded nor built
 */
export const setUp = (layout: Layout, tools: SetupTools): Promise<Part[]> => {
  const { env, report, sleep, retry } = tools;
  const onWait = (pid: number): void =>
    report(`waiting for process ${pid}, which is setting up the toolchain`);
  return withLock(layout.lock, { sleep, onWait }, async () => {
    if (retry) for (const what of [partNames.cli, partNames.command]) forgetFailure(layout, what);
    const present = retry ? undefined : readRecord(layout, fingerprintOf(layout, env));
    if (present) return present; // another process made it while we waited
    clearLeftovers(layout.temporary);
    const work = join(layout.temporary, ownName());
    try {
      const parts = await makeParts(layout, work, tools);
      writeRecord(layout, { fingerprint: fingerprintOf(layout, env), parts });
      return parts;
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
};
