/** The space that every model has, and that an endpoint is in when nobody says otherwise. */
const alpha = "alpha";

/**
 * Bindings without the entries that equal the default (`""`), and without a default that is `alpha`: an export
 * spells out every endpoint as soon as a model has spaces.
 */
export const normaliseBindings = (
  bindings: ReadonlyMap<string, string | null>,
): ReadonlyMap<string, string> => {
  const everywhere = bindings.get("") || alpha;
  const own = [...bindings].flatMap(([endpoint, space]) =>
    endpoint === "" || (space || alpha) === everywhere ? [] : [[endpoint, space || alpha] as const],
  );
  return new Map(everywhere === alpha ? own : [["", everywhere] as const, ...own]);
};
