import { type Command, Option } from "commander";
import { realContext } from "../../teardown/world.ts";
import { afterHelp, exitCodes } from "../exit-codes.ts";
import { pulumiCli } from "../pulumi-cli.ts";
import { readStack } from "../stack.ts";
import { planOf } from "./plan.ts";
import { renderMarkdown, renderText } from "./render.ts";

type Options = { stack?: string; json?: true; markdown?: true };

/** Makes `command` show what a destroy affects. */
export const addPlan = (command: Command, exit: (code: number) => void): Command =>
  command
    .summary("what `pulumi destroy` affects, and what the guards say")
    .description("Shows what `pulumi destroy` affects and what each guard says of it. Destroys nothing.")
    .option("-s, --stack <name>", "default: the selected one")
    .addOption(new Option("--json", "for programs").conflicts("markdown"))
    .option("--markdown", "to paste into a change ticket")
    .addHelpText(
      "after",
      afterHelp(
        "openstack-lab plan --stack lab",
        "openstack-lab plan --stack lab --markdown > ticket.md",
        `openstack-lab plan --json | jq -r '.findings[] | select(.verdict == "refused") | .next'`,
      ),
    )
    .action(async (options: Options) => {
      const { settings, record, ...place } = await readStack(pulumiCli(), options.stack);
      if (settings instanceof Error) {
        process.stderr.write(`pulumi destroy would be refused: ${settings.message}\n`);
        return exit(exitCodes.refused);
      }
      const controller = settings.jujuController || record?.model?.controller || "";
      const context = realContext({ ...settings, jujuController: controller }, new AbortController().signal);
      const plan = await planOf({ context, ...place, recorded: record });
      process.stdout.write(
        options.json
          ? `${JSON.stringify(plan, null, 2)}\n`
          : (options.markdown ? renderMarkdown : renderText)(plan, settings),
      );
      exit(plan.wouldGo ? exitCodes.ok : exitCodes.refused);
    });
