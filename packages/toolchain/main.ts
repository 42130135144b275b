/** `make toolchain` (a table of the parts) and, with `--env`, `make env` (lines for a shell's `eval`). */
import { toolchainEnvironment } from "./environment.ts";
import { partsTable } from "./parts.ts";
import { endWithMessage } from "./tools.ts";

const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

// An orderly exit also ends the processes that were started.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const { env, parts } = await toolchainEnvironment({ retry: process.env.TOOLCHAIN_RETRY === "1" }).catch(
  endWithMessage,
);
const lines = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`);
process.stdout.write(`${process.argv.includes("--env") ? lines.join("\n") : partsTable(parts)}\n`);
