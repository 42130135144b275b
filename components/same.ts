import { isDeepStrictEqual } from "node:util";

/** Whether a resource's inputs, and the line of code that the state keeps, are still what they were. */
export const sameInputs = (
  olds: Record<string, unknown>,
  news: Record<string, unknown>,
  keys: readonly string[],
): boolean =>
  // The stub must be among them: an outdated one would otherwise stay in the outputs, which `delete` uses (engine.md 7.5).
  ["__provider", "row", ...keys].every((key) => isDeepStrictEqual(olds[key], news[key]));
