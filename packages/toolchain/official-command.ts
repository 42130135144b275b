import { userHome } from "./candidates.ts";
import { rememberedFailure, rememberFailure, runDownload } from "./download.ts";
import type { Layout } from "./layout.ts";
import { findCommandPlugin } from "./official.ts";
import { partNames } from "./parts.ts";
import type { SetupTools } from "./tools.ts";
import { versions } from "./versions.ts";

/** The official command plugin: only with an official CLI, which downloads it. */
export const officialCommand = async (
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
      env: { ...env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
    },
    report,
  );
  const installed = failure ? undefined : await findCommandPlugin(home);
  if (!installed) rememberFailure(layout, partNames.command, failure ?? "it does not run", now());
  return installed;
};
