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
${lastLine}
`;

type Wrapper = { path: string; content: string };

const standIn = (layout: Layout, directory: string, name: string, main: string): Wrapper => ({
  path: join(directory, name),
  content: wrapper(directory, layout, `exec "$node" "$root/toolchain/stand-ins/${main}/main.ts" "$@"`),
});

/** Stand-in for the language host, beside the CLI. */
export const languageHostWrapper = (layout: Layout): Wrapper =>
  standIn(layout, layout.bin, partNames.languageHost, "language-host");

/** Stand-in for the command plugin. */
export const commandWrapper = (layout: Layout): Wrapper =>
  standIn(layout, layout.commandPlugin, partNames.command, "command");

/** Not a stand-in: the script that ships in @pulumi/pulumi, started with the right `node` first on PATH. */
export const dynamicProviderWrapper = (layout: Layout): Wrapper => ({
  path: join(layout.bin, partNames.dynamicProvider),
  content: wrapper(
    layout.bin,
    layout,
    `PATH="\${node%/*}:$PATH" exec "$root/node_modules/@pulumi/pulumi/${partNames.dynamicProvider}" "$@"`,
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
