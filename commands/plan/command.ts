import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { digestOf, type PlanFile, scopeOf } from "../../teardown/approval.ts";
import type { Settings } from "../../teardown/config/settings.ts";
import { TeardownError } from "../../teardown/errors.ts";
import { type Finding, refused } from "../../teardown/guards/finding.ts";
import { realContext } from "../../teardown/real-context.ts";
import { withOtherRecords } from "../../teardown/record.ts";
import { writeWhole } from "../../teardown/run/files.ts";
import { inHome } from "../../teardown/run/run-directory.ts";
import { judgeSnapshot } from "../../teardown/snapshot.ts";
import { afterHelp, exitCodes } from "../exit-codes.ts";
import { type PulumiCli, pulumiCli } from "../pulumi-cli.ts";
import { readStack, type StackNow } from "../stack.ts";
import { planOf } from "./plan.ts";
import { renderMarkdown, renderText } from "./render.ts";

type Options = { stack?: string; json?: true; markdown?: true; out?: string };

/** What Pulumi itself would refuse before a guard is asked. */
const judgePulumi = async (cli: PulumiCli, { stack, resources, record }: StackNow): Promise<Finding[]> => {
  const others = record ? withOtherRecords(resources, record) : [];
  const isProtected = resources.filter(({ protect }) => protect);
  // It opens the stack's secrets as a destroy does; a wrong passphrase shows only where there is a secret.
  const opened = await cli.run(["stack", "--show-urns", "--stack", stack]);
  return [
    ...(isProtected.length > 0
      ? [refused({ code: "stack-protected", stack, resources: isProtected.length })]
      : []),
    ...(others.length > 0 ? [refused({ code: "other-records", stack, resources: others })] : []),
    ...(opened.exitCode === 0
      ? []
      : [refused({ code: "stack-not-opened", stack, said: opened.stderr.trim() })]),
  ];
};

const approvalOf = (
  { project, stack, record }: StackNow,
  settings: Settings,
  at: string,
): PlanFile | undefined => {
  if (!record) return undefined;
  const scope = scopeOf(record, settings);
  return { v: 1, digest: digestOf(scope), project, stack, at, scope };
};

/** Makes `command` show what a destroy affects. */
export const addPlan = (command: Command, exit: (code: number) => void): Command =>
  command
    .summary("what `pulumi destroy` affects, and what the guards say")
    .description(
      `Shows what \`pulumi destroy\` affects and what each guard says of it. Destroys nothing.
It ends with a digest of what would be destroyed, which a destroy can be bound to: docs/approval.md.`,
    )
    .option("-s, --stack <name>", "default: the selected one")
    .addOption(new Option("--json", "for programs").conflicts("markdown"))
    .option("--markdown", "to paste into a change ticket")
    .option("--out <file>", "also write down what would be destroyed, to be approved")
    .addHelpText(
      "after",
      afterHelp(
        "openstack-lab plan --stack lab",
        "openstack-lab plan --stack lab --markdown --out plan.json > ticket.md",
        `openstack-lab plan --json | jq -r '.findings[] | select(.verdict == "refused") | .next'`,
      ),
    )
    .action(async (options: Options) => {
      const cli = pulumiCli();
      const now = await readStack(cli, options.stack);
      const { settings, record, project, stack } = now;
      if (settings instanceof Error) {
        process.stderr.write(`pulumi destroy would be refused: ${settings.message}\n`);
        return exit(exitCodes.refused);
      }
      const controller = settings.jujuController || record?.model?.controller || "";
      const context = realContext({ ...settings, jujuController: controller }, new AbortController().signal);
      const also = [...(await judgePulumi(cli, now)), ...judgeSnapshot(settings)];
      const plan = await planOf({ context, project, stack, recorded: record, also });
      const approval = approvalOf(now, settings, plan.at);
      const end = approval
        ? `digest ${approval.digest}\nTo destroy this and nothing else: pulumi destroy -c approved=${approval.digest}\n`
        : "no digest: nothing was adopted yet (pulumi up)\n";
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ ...plan, ...(approval && { digest: approval.digest }) }, null, 2)}\n`
          : `${(options.markdown ? renderMarkdown : renderText)(plan, settings)}\n${end}`,
      );
      if (options.out !== undefined) {
        if (!approval)
          throw new TeardownError(
            "missing",
            `nothing was adopted yet, so ${options.out} was not written\npulumi up   # then the same command again`,
          );
        try {
          writeWhole(resolve(inHome(options.out)), `${JSON.stringify(approval, null, 2)}\n`);
        } catch (error) {
          throw new TeardownError("run", `${options.out} could not be written: ${(error as Error).message}`);
        }
      }
      exit(plan.wouldGo ? exitCodes.ok : exitCodes.refused);
    });
