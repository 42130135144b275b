// What the state of a stack calls (see late-bound.ts). Plain JavaScript that any Node reads, so that one that is too old
// is told apart in one line instead of a syntax error.
const oldest = 24;

const tooOld = () => {
  const error = new Error(
    `this project needs Node >= ${oldest}, and \`node\` on PATH is ${process.version}; nothing was touched. ` +
      'Type `eval "$(make -s env)"` (the project has its own Node), then the command again.',
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
  return require(`./${name}.ts`).provider;
};
