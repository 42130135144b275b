import { visible } from "./visible.ts";

/** Why a bundle cannot be compared, in the operator's words. `next` is what to type. */
export type Problem = {
  readonly where: string;
  readonly found: string;
  readonly expected: string;
  readonly next: string;
};

export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** How many problems are spelled out; the rest is counted. */
const shownProblems = 20;

/** All problems as one error; they may name files and keys of any spelling. */
export const problemsError = (problems: readonly Problem[]): Error => {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const blocks = problems
    .slice(0, shownProblems)
    .map(
      ({ where, found, expected, next }) =>
        `  ${visible(where)}\n    found:    ${visible(found)}\n    expected: ${visible(expected)}\n    next:     ${visible(next)}`,
    );
  const rest = problems.length - shownProblems;
  if (rest > 0) blocks.push(`  and ${rest} more`);
  return new Error([`Cannot compare the bundles: ${count}. Nothing was changed.`, ...blocks].join("\n"));
};
