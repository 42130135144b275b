import { resolve } from "node:path";
import type { Command } from "commander";
import { outcomeWords } from "../../teardown/report/text.ts";
import { makeReport, reportFiles } from "../../teardown/report/write-report.ts";
import { inHome } from "../../teardown/run/run-directory.ts";
import { oneLine } from "../../teardown/text/table.ts";
import { afterHelp } from "../exit-codes.ts";

type Options = { json?: true };

/** Makes `command` write a run's report again. */
export const addReport = (command: Command): Command =>
  command
    .summary("write a run's report again")
    .description("Writes a run's report again: report.html to read and print, report.json for programs.")
    .argument("<run-directory...>")
    .option("--json", "print the report as JSON as well as writing it; for one run")
    .addHelpText(
      "after",
      afterHelp(
        "openstack-lab report ~/backups/pre-caracal-destroy-20260101T120000Z",
        "openstack-lab report ~/backups/*/",
        "openstack-lab report --json ~/backups/pre-caracal-destroy-20260101T120000Z | jq .outcome",
      ),
    )
    .action((directories: string[], { json }: Options) => {
      if (json && directories.length > 1)
        command.error(`error: --json takes one run directory, and ${directories.length} were given`);
      for (const given of directories) {
        const directory = resolve(inHome(given));
        const report = makeReport(directory);
        process.stdout.write(
          json
            ? `${JSON.stringify(report, null, 2)}\n`
            : `${oneLine(`${outcomeWords[report.outcome]}: ${report.headline}`)}\n  ${directory}/${reportFiles.html}\n`,
        );
      }
    });
