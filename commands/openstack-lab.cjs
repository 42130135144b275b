#!/usr/bin/env node
// The command, from TypeScript in a checkout, from dist/ in the package (see components/late.cjs). Plain JavaScript that any Node
// reads, so that one that is too old is told in one line instead of a syntax error.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const oldest = 24;

if (Number(process.versions.node.split(".")[0]) < oldest) {
  process.stderr.write(
    `openstack-lab needs Node >= ${oldest}, and \`node\` on PATH is ${process.version}. In a checkout: eval "$(make -s env)"\n`,
  );
  process.exitCode = 1;
} else {
  const source = join(__dirname, "main.ts");
  void import(existsSync(source) ? source : join(__dirname, "../dist/commands/main.js"));
}
