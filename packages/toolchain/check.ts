/** `make check`: types, then style; both are run, whatever the first one says. */
import { runChecks } from "./checks.ts";

process.exitCode = (await runChecks()).length > 0 ? 1 : 0;
