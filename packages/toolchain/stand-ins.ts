import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { writeAtomically } from "./files.ts";
import type { Layout } from "./layout.ts";
import { partNames } from "./parts.ts";

/**
 * The shell scripts that Pulumi finds under the names of its plugins. Paths in them are relative to the script, so
 * the project may be moved, and they start the project's own Node whatever `node` on PATH is.
 */
const wrapper = (directory: string, layout: Layout, lastLine: string): string => `#!/bin/sh
# Written by \`make toolchain\`.
root="\${0%/*}/${relative(directory, layout.root)}"
node="$root/node_modules/.bin/node"
[ -x "$node" ] || node=node
# gRPC and the SDK are megabytes of JavaScript: compiled once, they load in half the time.
export NODE_COMPILE_CACHE="\${NODE_COMPILE_CACHE:-$root/${relative(layout.root, layout.compileCache)}}"
${lastLine}
`;

type Wrapper = { path: string; content: string };

const standIn = (layout: Layout, directory: string, name: string, main: string): Wrapper => ({
  path: join(directory, name),
  content: wrapper(
    directory,
    layout,
    `exec "$node" "$root/packages/toolchain/stand-ins/${main}/main.ts" "$@"`,
  ),
});

/** Stand-in for the language host, beside the CLI. */
export const languageHostWrapper = (layout: Layout): Wrapper =>
  standIn(layout, layout.bin, partNames.languageHost, "language-host");

/** Stand-in for the command plugin. */
export const commandWrapper = (layout: Layout): Wrapper =>
  standIn(layout, layout.commandPlugin, partNames.command, "command");

/**
 * Not a stand-in: @pulumi/pulumi's own dynamic provider, started as the script of that name in it does (a shell with a
 * child process), but with the project's Node, and with the program's copy of the SDK found without a second Node.
 */
export const dynamicProviderWrapper = (layout: Layout): Wrapper => ({
  path: join(layout.bin, partNames.dynamicProvider),
  content: wrapper(
    layout.bin,
    layout,
    `export PATH="\${node%/*}:$PATH"
provider="$PWD/node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js"
[ -f "$provider" ] || exec "$root/node_modules/@pulumi/pulumi/${partNames.dynamicProvider}" "$@"
# The SDK sets this flag itself, later: from the start, the compiled code is that of the program's runs.
node --allow-natives-syntax "$provider" "$@"`,
  ),
});

/** Writes a wrapper unless it is there already; returns its path. */
export const writeWrapper = ({ path, content }: Wrapper): string => {
  let present = "";
  try {
    present = readFileSync(path, "utf8");
  } catch {
    // not there yet
  }
  if (present !== content) writeAtomically(path, content, 0o755);
  return path;
};
