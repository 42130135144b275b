import type { Shown } from "../change.ts";
import { visible } from "../visible.ts";
import { type DiffLine, diffLines } from "./line-diff.ts";

export type Sides = { readonly old: Shown; readonly new: Shown };

/** Characters of one value that are shown, and lines of one difference. */
const longest = { value: 2000, lines: 60 } as const;

const shorten = (text: string): string =>
  text.length <= longest.value ? text : `${text.slice(0, longest.value)} … (${text.length} characters)`;

/** A value as one line for people; nothing in it can act on a terminal. */
export const shownText = (shown: Shown): string => {
  if (shown.state === "absent") return "(not set)";
  if (shown.state === "masked") return "(masked)";
  return shown.text === "" ? '""' : visible(shorten(shown.text));
};

/** "changed (masked)" and its kin, where a side is a secret. */
export const maskedText = ({ old, new: current }: Sides): string | undefined => {
  if (old.state !== "masked" && current.state !== "masked") return undefined;
  if (old.state === "absent") return "added (masked)";
  return current.state === "absent" ? "removed (masked)" : "changed (masked)";
};

/** Lines apart from a context of two around each difference. */
const withoutFarContext = (lines: readonly DiffLine[]): readonly DiffLine[] =>
  lines.filter((_, index) => lines.slice(Math.max(0, index - 2), index + 3).some(({ mark }) => mark !== " "));

const textOf = (shown: Shown): string => (shown.state === "value" ? shown.text : "");

/** The lines in which values of several lines differ, or nothing for values of one line. */
export const valueDiff = ({ old, new: current }: Sides): readonly DiffLine[] | undefined => {
  const texts = [old, current].map(textOf);
  if (!texts.some((text) => text.includes("\n"))) return undefined;
  const [before = [], after = []] = [old, current].map((shown) =>
    shown.state === "value" ? shown.text.split("\n") : [],
  );
  const lines = withoutFarContext(diffLines(before, after)).map(({ mark, text }) => ({
    mark,
    text: visible(shorten(text)),
  }));
  const rest = lines.length - longest.lines;
  return rest > 0 ? [...lines.slice(0, longest.lines), { mark: " ", text: `… (${rest} more lines)` }] : lines;
};
