import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { officialRoot } from "./candidates.ts";
import { rememberedFailure, rememberFailure, replaceDirectory, runDownload } from "./download.ts";
import type { Layout } from "./layout.ts";
import { clearLeftovers, ownName } from "./leftovers.ts";
import { findOfficial, inspectCli, type OfficialCli } from "./official.ts";
import { partNames } from "./parts.ts";
import type { SetupTools } from "./tools.ts";
import { versions } from "./versions.ts";

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

/** Downloads into a directory beside the final one, so that a whole CLI or none is there; returns why it failed. */
const downloadInto = async (
  root: string,
  { installer, env, report }: SetupTools,
): Promise<string | undefined> => {
  const prefix = `.${versions.pulumi}-`;
  clearLeftovers(dirname(root), prefix);
  const work = join(dirname(root), `${prefix}${ownName()}`);
  const made = join(work, "official");
  const [program, ...argv] = installer;
  try {
    const command = [program, ...argv, versions.pulumi, made] as const;
    const failure = await runDownload({ what: "pulumi", command, work, env }, report);
    if (failure) return failure;
    if (!(await inspectCli(join(made, "bin", partNames.cli), {}, report)))
      return "what was downloaded does not run";
    replaceDirectory(made, root);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error); // e.g. a HOME that cannot be written
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

const downloadCli = async (layout: Layout, tools: SetupTools): Promise<OfficialCli | undefined> => {
  const { env, report, now } = tools;
  const root = officialRoot(layout, env);
  const started = performance.now();
  report(`downloading pulumi ${versions.pulumi} with its language host from pulumi.com`);
  const failure = await downloadInto(root, tools);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (failure) {
    report(`no download after ${seconds} s: ${failure}`);
    rememberFailure(layout, partNames.cli, failure, now());
    return undefined;
  }
  report(`downloaded in ${seconds} s`);
  const bin = join(root, "bin");
  return { cli: join(bin, partNames.cli), languageHost: join(bin, partNames.languageHost) };
};

/** An official CLI that is there or can be downloaded; undefined if neither. */
export const officialCli = async (layout: Layout, tools: SetupTools): Promise<OfficialCli | undefined> => {
  const found = await findOfficial(layout, tools.env, tools.report);
  if (found) return found;
  const before = rememberedFailure(layout, partNames.cli);
  if (!before) return downloadCli(layout, tools);
  tools.report(`not downloading pulumi: it failed before (${before}); TOOLCHAIN_RETRY=1 tries again`);
  return undefined;
};
