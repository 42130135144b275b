#!/usr/bin/env node
import { runBundleDiff } from "./run.ts";

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// `npm run` changes to the project's directory; what the operator typed is meant from where they typed it.
const { npm_lifecycle_event: script, INIT_CWD: typedIn } = process.env;
const directory = script === "bundle-diff" && typedIn !== undefined ? typedIn : process.cwd();

try {
  const { exitCode, stdout, stderr } = await runBundleDiff(process.argv.slice(2), directory);
  process.exitCode = exitCode;
  process.stdout.write(stdout);
  process.stderr.write(stderr);
} catch (error) {
  // A defect of ours. The message alone: a stack says nothing to the operator, and values may be secret.
  process.exitCode = 2;
  process.stderr.write(
    `bundle-diff failed unexpectedly (${error instanceof Error ? error.name : "unknown"}). Nothing was changed. ` +
      "Please report it with the juju version that exported the bundle.\n",
  );
}
