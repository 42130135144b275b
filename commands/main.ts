#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { addBundleDiff } from "../packages/bundle-diff/command.ts";
import { TeardownError } from "../teardown/errors.ts";
import { addAudit } from "./audit/command.ts";
import { exitCodes, exitCodeTable } from "./exit-codes.ts";
import { addPlan } from "./plan/command.ts";
import { addReport } from "./report/command.ts";
import { addVerify } from "./verify/command.ts";
import { addWatch } from "./watch/command.ts";

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const exit = (code: number): void => {
  process.exitCode = code;
};

const program = new Command("openstack-lab")
  .description(
    "Looks before, during and after the teardown of an OpenStack lab, which is `pulumi destroy`. Nothing here destroys.",
  )
  .exitOverride()
  .showHelpAfterError("(--help shows the usage)")
  .addHelpText("after", exitCodeTable);

addPlan(program.command("plan"), exit);
addVerify(program.command("verify"), exit);
addWatch(program.command("watch"), exit);
addReport(program.command("report"));
addAudit(program.command("audit"), exit);
addBundleDiff(program.command("bundle-diff"), { exit });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) exit(error.exitCode === 0 ? 0 : exitCodes.usage);
  else {
    exit(exitCodes.failed);
    process.stderr.write(
      error instanceof TeardownError
        ? `${error.message}\n`
        : `internal error (please report it): ${error instanceof Error ? error.stack : String(error)}\n`,
    );
  }
}
