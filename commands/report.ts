import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { TeardownError } from "../teardown/errors.ts";
import { outcomeWords } from "../teardown/report/words.ts";
import { makeReport, reportFiles } from "../teardown/report/write-report.ts";
import { inHome } from "../teardown/run/run-directory.ts";
import { oneLine } from "../teardown/text/table.ts";

const help = `Writes a run's report again: report.html to read and print, report.json for programs.

Usage
  npm run report -- RUN_DIRECTORY...

Options
  --json   print the report as JSON as well as writing it; for one run
  --help   this text

Exit code
  0 written    2 cannot read or write

Examples
  npm run report -- ~/backups/pre-caracal-destroy-20260101T120000Z
  npm run report -- ~/backups/*/
  npm run --silent report -- --json ~/backups/pre-caracal-destroy-20260101T120000Z | jq .outcome
`;

const run = (argv: string[]): number => {
  const { values, positionals } = parseArgs({
    args: argv,
    options: {
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length === 0 || (values.json && positionals.length > 1)) {
    throw new TeardownError(
      "config",
      `${positionals.length} run directories were given; expected ${values.json ? "one" : "at least one"}\nnpm run report -- --help`,
    );
  }
  for (const given of positionals) {
    const directory = resolve(inHome(given));
    const report = makeReport(directory);
    process.stdout.write(
      values.json
        ? `${JSON.stringify(report, null, 2)}\n`
        : `${oneLine(`${outcomeWords[report.outcome]}: ${report.headline}`)}\n  ${directory}/${reportFiles.html}\n`,
    );
  }
  return 0;
};

try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
