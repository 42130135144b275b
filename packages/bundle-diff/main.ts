#!/usr/bin/env node
import { run } from "./command.ts";

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// `npm run` changes to the project's directory; paths are meant from where the operator typed them.
const { npm_lifecycle_event: script, INIT_CWD: typedIn } = process.env;
const directory = script === "bundle-diff" && typedIn !== undefined ? typedIn : process.cwd();

process.exitCode = await run(process.argv.slice(2), directory);
