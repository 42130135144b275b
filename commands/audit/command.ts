import { resolve } from "node:path";
import type { Command } from "commander";
import { TeardownError } from "../../teardown/errors.ts";
import { inHome } from "../../teardown/run/run-directory.ts";
import { afterHelp, exitCodes } from "../exit-codes.ts";
import { type Pulumi, pulumiCli } from "../pulumi-cli.ts";
import { auditOf } from "./audit.ts";
import { type History, historyOf } from "./history.ts";
import { renderText } from "./render.ts";
import { runsIn } from "./runs.ts";

const selected = async (pulumi: Pulumi): Promise<string | undefined> => {
  const { exitCode, stdout } = await pulumi(["stack", "--show-name"]);
  return exitCode === 0 ? stdout.trim() : undefined;
};

const configuredRoot = async (pulumi: Pulumi, stack: string | undefined): Promise<string> => {
  if (stack === undefined) return "~/backups";
  const { exitCode, stdout } = await pulumi(["config", "get", "openstack-lab:backupRoot", "--stack", stack]);
  return exitCode === 0 && stdout.trim() ? stdout.trim() : "~/backups";
};

type Options = { stack?: string; backupRoot?: string; json?: true };

/** Makes `command` audit the runs. */
export const addAudit = (command: Command, exit: (code: number) => void): Command =>
  command
    .summary("who destroyed what, when and why, and whether the captures hold")
    .description(
      `Lists every up and destroy: who, when, how long, why, what came of it, and whether the captures still hold.
Pulumi's history is joined with the journals in the backup root; the journals outlive \`pulumi stack rm\`.
It notices a journal in which a line was edited, cut out or moved, one that is missing, a capture that was changed, and a run
that is there twice. Who may write the backup root may rewrite all of it: compare what the journal ends with to the digest
that the exit criteria showed, or keep a copy elsewhere.`,
    )
    .option("-s, --stack <name>", "this stack alone; default: the selected one and all that have journals")
    .option("--backup-root <folder>", "default: the stack's backupRoot, else ~/backups")
    .option("--json", "for programs")
    .addHelpText(
      "after",
      afterHelp(
        "openstack-lab audit",
        "openstack-lab audit --stack lab --backup-root /mnt/archive/backups",
        `openstack-lab audit --json | jq '.entries[] | select(.kind == "destroy")'`,
      ),
    )
    .action(async (options: Options) => {
      const pulumi = pulumiCli().run;
      const stack = options.stack ?? (await selected(pulumi));
      const backupRoot = resolve(inHome(options.backupRoot ?? (await configuredRoot(pulumi, stack))));
      const runs = runsIn(backupRoot).filter(
        ({ stack }) => options.stack === undefined || stack === options.stack,
      );
      const stacks = new Set([...(stack === undefined ? [] : [stack]), ...runs.map(({ stack }) => stack)]);
      const histories = await Promise.all(
        [...stacks].map((each): Promise<History> => historyOf(pulumi, each)),
      );
      const audit = auditOf({ runs, histories, backupRoot, at: new Date().toISOString() });
      if (audit.entries.length === 0 && audit.problems.length === 0) {
        throw new TeardownError(
          "run",
          [
            `nothing is known${options.stack === undefined ? "" : ` of the stack ${options.stack}`}: no journal in ${backupRoot}, and no history`,
            ...audit.notes,
            "The stacks that there are: pulumi stack ls; another folder: openstack-lab audit --backup-root <folder>",
          ].join("\n"),
        );
      }
      process.stdout.write(options.json ? `${JSON.stringify(audit, null, 2)}\n` : renderText(audit));
      exit(audit.problems.length > 0 ? exitCodes.refused : exitCodes.ok);
    });
