import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { TeardownError } from "../../teardown/errors.ts";
import { readRun } from "../../teardown/report/read-run.ts";
import { reportOf } from "../../teardown/report/report-of.ts";
import { inHome } from "../../teardown/run/run-directory.ts";
import { typicalDurations } from "../../teardown/run/typical-durations.ts";
import { afterHelp, exitCodes } from "../exit-codes.ts";
import { newestRun } from "../newest-run.ts";
import { view } from "./view.ts";

type Options = { backupRoot: string; once?: true };

const interval = 1_000;

/** The run to watch: a run directory, else the newest one of a backup root. @throws TeardownError `run` */
const directoryOf = (given: string | undefined, backupRoot: string): string => {
  if (given !== undefined) return resolve(inHome(given));
  const root = resolve(inHome(backupRoot));
  const newest = newestRun(root);
  if (newest) return newest.directory;
  throw new TeardownError(
    "run",
    `there is no run in ${root}\nAnother folder: openstack-lab watch --backup-root <folder>   # \`backupRoot\` of the stack`,
  );
};

/** Makes `command` show a run while it goes on. */
export const addWatch = (command: Command, exit: (code: number) => void): Command =>
  command
    .summary("a live table of a run, until it ends")
    .description(
      `Shows a run while it goes on, from its run directory alone: from another terminal, or from any machine that sees the
backup root. It ends when the destroy ends: with 0 when the lab is torn down, else with 3. Ctrl-C ends the watching only.`,
    )
    .argument("[run-directory]", "default: the newest one in the backup root")
    .option("--backup-root <folder>", "where run directories are", "~/backups")
    .option("--once", "show it once; ends with 3 also while it is under way")
    .addHelpText(
      "after",
      afterHelp(
        "openstack-lab watch",
        "openstack-lab watch --once ~/backups/pre-caracal-destroy-20260101T120000Z",
        "openstack-lab watch --backup-root /srv/teardowns",
      ),
    )
    .action(async (given: string | undefined, { backupRoot, once }: Options) => {
      const directory = directoryOf(given, backupRoot);
      const label = basename(directory).replace(/-\d{8}T\d{6}Z(-\d+)?$/, "");
      const typical = typicalDurations(dirname(directory), label);
      const live = process.stdout.isTTY && !once;
      let shown = -1;
      for (;;) {
        const run = readRun(directory);
        const { outcome } = reportOf(run.events, run.facts);
        const text = `${view(run, { now: Date.now(), outcome, typical })}\n`;
        const isOver = outcome !== "under way";
        // To the upper left, and what was there before away: no line of it scrolls.
        if (live) process.stdout.write(`\u001b[H\u001b[2J${text}`);
        else if (run.events.length !== shown || isOver) process.stdout.write(shown < 0 ? text : `\n${text}`);
        shown = run.events.length;
        if (isOver || once) {
          if (isOver && existsSync(join(directory, "report.html")))
            process.stdout.write(`${join(directory, "report.html")}\n`);
          return exit(outcome === "complete" ? exitCodes.ok : exitCodes.refused);
        }
        await sleep(interval);
      }
    });
