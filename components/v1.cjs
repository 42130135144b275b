// What the state of a stack calls that the first version of this project adopted. Its records are of another shape: they are
// brought over by the next `pulumi up`, and nothing is destroyed by them.
const refuse = () => {
  const error = new Error(
    "this stack was adopted by an earlier version; nothing was touched\nTo bring it over: pulumi up   # then: pulumi destroy",
  );
  error.stack = "see its own entry";
  throw error;
};

module.exports = () => ({
  read: async (id, props) => ({ id, props }),
  diff: async () => ({ changes: false }),
  create: refuse,
  update: refuse,
  delete: refuse,
  /** The capture's own process. */
  run: () => {
    try {
      refuse();
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
  },
});
