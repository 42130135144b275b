import type { Change, Note } from "../change.ts";
import { labelOf, rowOf } from "./sections.ts";
import { shownText } from "./values.ts";

/** Changes that many things share, as one line: what changed, and where. */
export type Tally = {
  readonly label: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly where: readonly string[];
};

const whereOf = (change: Change): string =>
  "application" in change ? change.application : "machine" in change ? `machine ${change.machine}` : "";

/** Channels first, then bases, then the rest; within a kind what most things share. */
const rank = ({ label }: Tally): number => (label === "channel" ? 0 : label === "base" ? 1 : 2);

const tallyKey = (change: Change): string => {
  const { label, name, old, new: current } = rowOf(change);
  return JSON.stringify([label, name, old, current]);
};

/** Changes by what they are, so that sixteen new channels are one line. */
export const tallyChanges = (changes: readonly Change[]): readonly Tally[] =>
  [...Map.groupBy(changes, tallyKey).values()]
    .flatMap((members): Tally[] => {
      const first = members[0];
      if (first === undefined) return [];
      const { label, name, old, new: current } = rowOf(first);
      return [{ label, name, from: shownText(old), to: shownText(current), where: members.map(whereOf) }];
    })
    .sort((a, b) => rank(a) - rank(b) || b.where.length - a.where.length);

/** From this many places on, one and the same change is told once. */
const repeated = 3;

const isWhole = ({ kind }: Change): boolean =>
  kind === "application" ||
  kind === "machine" ||
  kind === "relation" ||
  kind === "saas" ||
  kind === "placement";

/** Secrets are never said to be equal. Values of several lines need their own room. */
const isPlain = (change: Change): boolean => {
  const { old, new: current } = rowOf(change);
  return [old, current].every(
    (shown) => shown.state === "absent" || (shown.state === "value" && !shown.text.includes("\n")),
  );
};

/** Splits off the changes that are the same in three places or more. */
export const splitRepeated = (
  changes: readonly Change[],
): { readonly repeated: readonly Change[]; readonly single: readonly Change[] } => {
  const candidates = changes.filter((change) => !isWhole(change) && isPlain(change));
  const often = new Set(
    [...Map.groupBy(candidates, tallyKey).values()].filter(({ length }) => length >= repeated).flat(),
  );
  return {
    repeated: changes.filter((change) => often.has(change)),
    single: changes.filter((change) => !often.has(change)),
  };
};

/** Notes of one kind and reason. */
export type NoteTally = { readonly label: string; readonly why: string; readonly items: readonly string[] };

const noteItem = ({ application, name, old, new: current }: Note): string => {
  const where = name === "" ? application : `${application} ${name}`;
  if (old.state === "absent") return `${where} ${shownText(current)} (new)`;
  if (current.state === "absent") return `${where} ${shownText(old)} (old)`;
  return `${where} ${shownText(old)} → ${shownText(current)}`;
};

/** Sides that only one bundle has, told once instead of with every item. */
const sideOf = ({ old, new: current }: Note): string =>
  old.state === "absent" ? "new" : current.state === "absent" ? "old" : "both";

export const tallyNotes = (notes: readonly Note[]): readonly NoteTally[] =>
  [...Map.groupBy(notes, (note) => JSON.stringify([note.kind, note.why, sideOf(note)])).values()].flatMap(
    (members) => {
      const first = members[0];
      if (first === undefined) return [];
      const side = sideOf(first);
      const label = side === "both" ? labelOf(first.kind) : `${labelOf(first.kind)}, ${side} bundle only`;
      const items = members.map((note) => noteItem(note).replace(/ \((new|old)\)$/, ""));
      return [{ label, why: first.why, items }];
    },
  );
