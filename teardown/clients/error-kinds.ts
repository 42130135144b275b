/**
 * Gives errors a machine-readable kind beside their message, without a second error class: callers branch on
 * `kindOf(error)` and still see one `TeardownError`. A kind is remembered for as long as its error lives.
 */
export const errorKinds = <Kind extends string>(): {
  mark: <E extends Error>(error: E, kind: Kind) => E;
  kindOf: (error: unknown) => Kind | undefined;
} => {
  const kinds = new WeakMap<Error, Kind>();
  return {
    mark: (error, kind) => {
      kinds.set(error, kind);
      return error;
    },
    kindOf: (error) => (error instanceof Error ? kinds.get(error) : undefined),
  };
};
