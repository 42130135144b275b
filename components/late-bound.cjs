// What the state of a stack calls (see late-bound.ts). Plain JavaScript that any Node reads, so that one that is too old
// is told apart in one line instead of a syntax error.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const oldest = 24;

// A checkout holds TypeScript, which Node runs as it is; the package holds what that was compiled to (packaging/), since
// Node strips no types below node_modules.
const inCheckout = existsSync(join(__dirname, "late-bound.ts"));

const tooOld = () => {
  const next = inCheckout
    ? 'Type `eval "$(make -s env)"` (the project has its own Node), then the command again.'
    : `Put a newer \`node\` first on PATH, then type the command again.`;
  const error = new Error(
    `openstack-lab needs Node >= ${oldest}, and \`node\` on PATH is ${process.version}; nothing was touched. ${next}`,
  );
  error.stack = "see its own row";
  throw error;
};

/** @param {string} name the component's file name without its ending */
module.exports = (name) => {
  if (Number(process.versions.node.split(".")[0]) < oldest) {
    return {
      check: tooOld,
      diff: tooOld,
      create: tooOld,
      read: tooOld,
      update: tooOld,
      delete: tooOld,
      run: tooOld,
    };
  }
  return require(`./${name}${inCheckout ? ".ts" : ".js"}`).provider;
};
