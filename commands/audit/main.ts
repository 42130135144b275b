import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { TeardownError } from "../../teardown/errors.ts";
import { inHome } from "../../teardown/run/run-directory.ts";
import { type Pulumi, pulumiCli } from "../plan/pulumi-cli.ts";
import { auditOf } from "./audit.ts";
import { type History, historyOf } from "./history.ts";
import { renderText } from "./render.ts";
import { runsIn } from "./runs.ts";

const help = `Lists every up and destroy: who, when, how long, why, what came of it, and whether the captures still hold.
Pulumi's history is joined with the journals in the backup root; the journals outlive \`pulumi stack rm\`.

Usage
  npm run audit -- [options]

Options
  --stack NAME          this stack alone; default: the selected one and all that have journals
  --backup-root FOLDER  default: the stack's backupRoot, else ~/backups
  --json                for programs; redirect with \`npm run --silent\`
  --help                this text

Exit code
  0 all holds
  1 something does not hold: a capture was changed or lost, or a journal has lines that cannot be read
  2 wrong arguments, or nothing could be read

Examples
  npm run audit
  npm run audit -- --stack lab --backup-root /mnt/archive/backups
  npm run --silent audit -- --json | jq '.entries[] | select(.kind == "destroy")'
`;

const selected = async (pulumi: Pulumi): Promise<string | undefined> => {
  const { exitCode, stdout } = await pulumi(["stack", "--show-name"]);
  return exitCode === 0 ? stdout.trim() : undefined;
};

const configuredRoot = async (pulumi: Pulumi, stack: string | undefined): Promise<string> => {
  if (stack === undefined) return "~/backups";
  const { exitCode, stdout } = await pulumi(["config", "get", "openstack-lab:backupRoot", "--stack", stack]);
  return exitCode === 0 && stdout.trim() ? stdout.trim() : "~/backups";
};

const run = async (argv: string[]): Promise<number> => {
  const { values } = parseArgs({
    args: argv,
    options: {
      stack: { type: "string", short: "s" },
      "backup-root": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const pulumi = pulumiCli();
  const stack = values.stack ?? (await selected(pulumi));
  const backupRoot = resolve(inHome(values["backup-root"] ?? (await configuredRoot(pulumi, stack))));
  const runs = runsIn(backupRoot).filter(
    ({ report }) => values.stack === undefined || report.stack === values.stack,
  );
  const stacks = new Set([
    ...(stack === undefined ? [] : [stack]),
    ...runs.map(({ report }) => report.stack),
  ]);
  const histories = await Promise.all([...stacks].map((each): Promise<History> => historyOf(pulumi, each)));
  const audit = auditOf({ runs, histories, backupRoot, at: new Date().toISOString() });
  if (audit.entries.length === 0) {
    throw new TeardownError(
      "run",
      [
        `nothing is known${values.stack === undefined ? "" : ` of the stack ${values.stack}`}: no journal in ${backupRoot}, and no history`,
        ...audit.notes,
        "The stacks that there are: pulumi stack ls; another folder: npm run audit -- --backup-root <folder>",
      ].join("\n"),
    );
  }
  process.stdout.write(values.json ? `${JSON.stringify(audit, null, 2)}\n` : renderText(audit));
  return audit.problems.length > 0 ? 1 : 0;
};

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
