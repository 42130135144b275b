import { parseArgs } from "node:util";
import { realContext } from "../../teardown/world.ts";
import { planOf } from "./plan.ts";
import { pulumiCli, stackName } from "./pulumi-cli.ts";
import { renderMarkdown, renderText } from "./render.ts";
import { projectName, recordedIn, settingsOf } from "./stack-state.ts";

const help = `Shows what \`pulumi destroy\` would hit and what each guard says of it. Destroys nothing.

Usage
  npm run plan -- [options]

Options
  --stack NAME   the stack; default: the selected one
  --json         for programs; redirect with \`npm run --silent\`
  --markdown     to paste into a change ticket
  --help         this text

Exit code
  0 would go    2 could not be found out    3 a guard would refuse

Examples
  npm run plan -- --stack lab
  npm run --silent plan -- --stack lab --markdown > ticket.md
  npm run --silent plan -- --json | jq -r '.findings[] | select(.verdict == "refused") | .next'
`;

const run = async (argv: string[]): Promise<number> => {
  const { values } = parseArgs({
    args: argv,
    options: {
      stack: { type: "string", short: "s" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const pulumi = pulumiCli();
  const stack = await stackName(pulumi, values.stack);
  const [settings, { project, lab }] = await Promise.all([
    settingsOf(pulumi, stack),
    recordedIn(pulumi, stack),
  ]);
  const controller = settings.jujuController || lab?.model?.controller || "";
  const context = realContext({ ...settings, jujuController: controller }, new AbortController().signal);
  const plan = await planOf({
    context,
    project: project ?? projectName(process.cwd()),
    stack,
    recorded: lab,
  });
  process.stdout.write(
    values.json
      ? `${JSON.stringify(plan, null, 2)}\n`
      : (values.markdown ? renderMarkdown : renderText)(plan, settings),
  );
  return plan.wouldGo ? 0 : 3;
};

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
