// What the state of a stack calls (see resource.ts). Plain JavaScript that any Node reads, so that one that is too old is told
// in one line instead of a syntax error.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const oldest = 24;

// A checkout holds TypeScript, which Node runs as it is, and perhaps an old dist/; the package holds dist/ only, since Node
// strips no types below node_modules.
const inCheckout = existsSync(join(__dirname, "resource.ts"));

const tooOld = () => {
  const next = inCheckout
    ? 'Type `eval "$(make -s env)"` (the project has its own Node), then the command again.'
    : "Put a newer `node` first on PATH, then type the command again.";
  const error = new Error(
    `openstack-lab needs Node >= ${oldest}, and \`node\` on PATH is ${process.version}; nothing was touched. ${next}`,
  );
  error.stack = "see its own entry";
  throw error;
};

/** @param {string} file the component's file, without its ending: `maas-machine` */
module.exports = (file) => {
  if (Number(process.versions.node.split(".")[0]) >= oldest)
    return require(inCheckout ? `./${file}.ts` : `../dist/components/${file}.js`).life;
  const methods = ["check", "diff", "create", "read", "update", "delete", "run"];
  return Object.fromEntries(methods.map((method) => [method, tooOld]));
};
