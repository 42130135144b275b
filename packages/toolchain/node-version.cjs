"use strict";
// Old-fashioned JavaScript, because it speaks up where the rest of this project cannot even be parsed.
// `node --require ./packages/toolchain/node-version.cjs ...` (runtime.options.nodeargs in Pulumi.yaml) ends with one line and exit
// code 32, which means to Pulumi's language host that the user has been told; `require()` of it throws; run by itself it
// exits 1.
const needed = 24;
const problem =
  Number(process.versions.node.split(".")[0]) < needed &&
  `This project needs Node ${needed} or later; \`node\` on PATH is ${process.version} (${process.execPath}). ` +
    'Type `eval "$(make -s env)"` (the project has its own Node), then the command again.';
if (problem) {
  // Under --require there is no main module yet; other modules have one.
  if (require.main && require.main !== module) throw new Error(problem);
  process.stderr.write(`${problem}\n`);
  process.exit(require.main === module ? 1 : 32);
}
