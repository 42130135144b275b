import { join, resolve } from "node:path";
import type { Command } from "commander";
import { realContext } from "../../teardown/real-context.ts";
import { openJournal } from "../../teardown/run/journal.ts";
import { inHome, type Run, shownPath } from "../../teardown/run/run-directory.ts";
import { aligned, indent } from "../../teardown/text/table.ts";
import { afterHelp, exitCodes } from "../exit-codes.ts";
import { newestRun } from "../newest-run.ts";
import { pulumiCli } from "../pulumi-cli.ts";
import { readStack } from "../stack.ts";
import { knownBy, type Verification, verify } from "./verify.ts";

type Options = { stack?: string; backupRoot?: string; byName?: boolean; json?: true };

const from = ({ identities, run }: Verification): string => {
  switch (identities) {
    case "run":
      return `as recorded in the newest run, ${shownPath(run ?? "")}`;
    case "stack":
      return "as recorded at pulumi up";
    case "names":
      return "by the names in the stack's settings: nothing is on record";
  }
};

const renderText = (seen: Verification): string => {
  const lines = aligned(
    seen.criteria.map(({ met, subject, found }) => [met ? "met" : "NOT MET", subject, found]),
  );
  const open = seen.criteria.filter(({ met }) => !met).length;
  return [
    `${seen.project} / ${seen.stack}, ${seen.at}`,
    `  identities: ${from(seen)}`,
    `  controller ${seen.controller.name} ${seen.controller.uuid}, MAAS ${seen.maasUrl}`,
    ...(seen.model ? [`  model ${seen.model.name} ${seen.model.uuid}`] : []),
    ...(seen.simulated ? ["  simulated: nothing in this lab is real"] : []),
    "",
    ...seen.criteria.flatMap(({ next }, at) => [
      lines[at] ?? "",
      ...(next ? [indent(`next: ${next}`, 9)] : []),
    ]),
    "",
    open === 0
      ? "the exit criteria are met"
      : `the exit criteria are not met: ${open} of ${seen.criteria.length}`,
    "",
  ].join("\n");
};

/** Makes `command` check the exit criteria. */
export const addVerify = (command: Command, exit: (code: number) => void): Command =>
  command
    .summary("whether the lab is torn down, by a fresh look")
    .description(
      `Looks whether the exit criteria are met: the model is gone from its controller, and every machine is Ready. Changes nothing.
Which model and machines are meant, the newest run of the stack says; else what \`pulumi up\` recorded; else the names in its settings.`,
    )
    .option("-s, --stack <name>", "default: the selected one")
    .option("--backup-root <folder>", "where the runs are; default: the stack's backupRoot")
    .option("--by-name", "where nothing is on record: it is enough that no model has the name")
    .option("--json", "for programs")
    .addHelpText(
      "after",
      afterHelp(
        "openstack-lab verify --stack lab",
        "openstack-lab verify --stack lab --json | jq '.criteria[] | select(.met | not)'",
      ),
    )
    .action(async ({ stack: given, backupRoot, byName = false, json }: Options) => {
      const { settings, record, project, stack } = await readStack(pulumiCli(), given);
      if (settings instanceof Error) throw settings;
      const root = resolve(inHome(backupRoot ?? settings.backupRoot));
      const newest = newestRun(root, (each) => each.project === project && each.stack === stack);
      const run: Run | undefined = newest && {
        directory: newest.directory,
        lab: newest.lab,
        journal: openJournal(join(newest.directory, "journal.jsonl"), Date.now),
        lock: join(newest.directory, "lock"),
      };
      const known = knownBy(run, record);
      const recorded = known.identities === "run" ? known.run.lab : record;
      const controller = settings.jujuController || recorded?.model?.controller || "";
      const context = realContext({ ...settings, jujuController: controller }, new AbortController().signal);
      const seen = await verify({ context, project, stack, known, byName });
      process.stdout.write(json ? `${JSON.stringify(seen, null, 2)}\n` : renderText(seen));
      exit(seen.met ? exitCodes.ok : exitCodes.refused);
    });
