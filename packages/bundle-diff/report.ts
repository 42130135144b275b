import { diffArrays } from "diff";
import { type Change, type Comparison, compareBundles, type Note, type Sides } from "./compare.ts";
import type { Shown } from "./mask.ts";
import type { Bundle } from "./normalise.ts";
import { type ReleaseUpgrade, separateUpgrade } from "./release.ts";
import { visible, visibleJson } from "./visible.ts";

type Side = { readonly name: string } & Readonly<Record<"applications" | "machines" | "relations", number>>;

/** Everything that is known of two bundles. `changes` are those that do not belong to the release upgrade. */
export type Report = Comparison & {
  readonly old: Side;
  readonly new: Side;
  readonly same: boolean;
  readonly release: ReleaseUpgrade | undefined;
};

const sideOf = (name: string, { applications, machines, relations }: Bundle): Side => ({
  name,
  applications: applications.size,
  machines: machines.size,
  relations: relations.length,
});

type Named = { readonly name: string; readonly bundle: Bundle };

/** Compares two bundles; `name` is what the operator typed for each. */
export const createReport = (old: Named, current: Named): Report => {
  const comparison = compareBundles(old.bundle, current.bundle);
  return {
    old: sideOf(old.name, old.bundle),
    new: sideOf(current.name, current.bundle),
    same: comparison.changes.length === 0,
    ...comparison,
    ...separateUpgrade(comparison.changes, old.bundle, current.bundle),
  };
};

/** For programs. `changes` and `release.changes` together are all differences. */
export const renderJson = ({ release, renumbered, ...rest }: Report): string => {
  const { step, ...upgrade } = release ?? {};
  const tracks = step && { from: step.from.track, to: step.to.track, codename: step.to.codename };
  const json = {
    format: "bundle-diff/1",
    ...rest,
    release: tracks === undefined ? null : { ...tracks, ...upgrade },
    renumberedMachines: Object.fromEntries(renumbered),
  };
  return `${visibleJson(JSON.stringify(json, undefined, 2))}\n`;
};

/**
 * One line for people. `mark` is + for added, - for removed, ~ for changed, and "" for a part of something that
 * is added or removed as a whole (its value is `new`). `places` are all that share the change.
 */
export type Row = {
  readonly mark: "+" | "-" | "~" | "";
  readonly label: string;
  readonly name: string;
  readonly places: readonly string[];
} & Sides;
export type Section = {
  readonly title: string;
  readonly count: string;
  readonly warnings: readonly string[];
  readonly groups: ReadonlyArray<{ readonly heading: string; readonly rows: readonly Row[] }>;
};
/** What does not count as a difference, told once for all items. */
export type NoteGroup = { readonly label: string; readonly why: string; readonly items: readonly string[] };

/** The report as people read it; the renderers only choose the characters. */
export type Page = {
  readonly old: readonly [name: string, size: string];
  readonly new: readonly [name: string, size: string];
  readonly same: boolean;
  readonly verdict: string;
  readonly sections: readonly Section[];
  readonly notes: readonly NoteGroup[];
};

const absent: Shown = { state: "absent" };
const value = (text: string): Shown => ({ state: "value", text });
const list = (items: readonly string[]): Shown => (items.length === 0 ? absent : value(items.join(", ")));

/** "1 difference", "2 differences". */
const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

const row = (label: string, name: string, old: Shown, current: Shown, mark?: Row["mark"]): Row => ({
  mark: mark ?? (old.state === "absent" ? "+" : current.state === "absent" ? "-" : "~"),
  label: label === "exposed-endpoint" ? "exposed" : label.replace("machine-", ""),
  name: name === "" && ["binding", "exposed-endpoint"].includes(label) ? "(all endpoints)" : name,
  places: [],
  old,
  new: current,
});

const rowsOf = (change: Change): readonly Row[] => {
  switch (change.kind) {
    case "application":
    case "machine":
      return [
        ...change.contents.map(({ label, name, value: shown }) => row(label, name, absent, shown, "")),
        ...(change.kind === "application" ? change.relations : []).map((relation) =>
          row("relation", "", absent, value(relation), ""),
        ),
      ];
    case "relation":
      return [row(change.relation, "", absent, absent, change.change === "added" ? "+" : "-")];
    case "placement":
      return [row("placement", "", list(change.removed), list(change.added))];
    default:
      return [row(change.kind, change.name, change.old, change.new)];
  }
};

const headingOf = (change: Change): string => {
  if ("application" in change) return change.application;
  if (!("machine" in change)) return "";
  return `machine ${change.machine}${change.kind === "machine" ? ` ${change.change}` : ""}`;
};

/** From this many places on, one and the same change is told once. */
const repeatedFrom = 3;

/** Values of one line; secrets are never said to be equal. */
const isPlain = (shown: Shown): boolean =>
  shown.state === "absent" || (shown.state === "value" && !shown.text.includes("\n"));

/** Changes of single values by what they are, so that sixteen new channels are one row. */
const sharedRows = (changes: readonly Change[]): ReadonlyArray<Row & { readonly of: readonly Change[] }> => {
  const kinds = ["application", "machine", "relation", "saas", "placement"];
  const single = changes.filter(({ kind }) => !kinds.includes(kind));
  const rank = ({ label }: Row): number => ["rest", "base", "channel"].indexOf(label);
  return [...Map.groupBy(single, (change) => JSON.stringify(rowsOf(change)))]
    .flatMap(([, members]) =>
      members
        .slice(0, 1)
        .flatMap(rowsOf)
        .map((shared) => ({ ...shared, places: members.map(headingOf), of: members })),
    )
    .sort((a, b) => rank(b) - rank(a) || b.places.length - a.places.length);
};

const section = (title: string, changes: readonly Change[]): Section => ({
  title,
  count: String(changes.length),
  warnings: [],
  groups: [...Map.groupBy(changes, headingOf)].map(([heading, members]) => ({
    heading,
    rows: members.flatMap(rowsOf),
  })),
});

const stepText = ({ step: { from, to } }: ReleaseUpgrade): string =>
  `${from.track} → ${to.track}${to.track === to.codename ? "" : ` (${to.codename})`}`;

const upgradeSection = (release: ReleaseUpgrade): Section => ({
  title: `Release upgrade ${stepText(release)}`,
  count: `${release.changes.length}, expected`,
  warnings: release.leftBehind.map(
    ({ application, channel, expected }) =>
      `${application} is still on ${channel}; the others of its kind move to ${expected}`,
  ),
  groups: [{ heading: "", rows: sharedRows(release.changes) }],
});

/** The sections in the order in which an operator looks at them. */
const sectionsOf = ({ changes, release }: Report): readonly Section[] => {
  const shared = sharedRows(changes).filter(
    ({ places, old, new: current }) => places.length >= repeatedFrom && isPlain(old) && isPlain(current),
  );
  const repeated = new Set(shared.flatMap(({ of }) => of));
  const single = changes.filter((change) => !repeated.has(change));
  const pick = (title: string, belongs: (change: Change) => boolean): Section =>
    section(title, single.filter(belongs));
  return [
    pick("Applications removed", (change) => change.kind === "application" && change.change === "removed"),
    pick("Applications added", (change) => change.kind === "application" && change.change === "added"),
    pick("Applications changed", (change) => change.kind !== "application" && "application" in change),
    pick("Machines", (change) => "machine" in change),
    pick("Relations", ({ kind }) => kind === "relation"),
    pick("Remote applications (saas)", ({ kind }) => kind === "saas"),
    {
      title: "The same change in several places",
      count: String(repeated.size),
      warnings: [],
      groups: [{ heading: "", rows: shared }],
    },
    ...(release === undefined ? [] : [upgradeSection(release)]),
  ].filter(({ count }) => count !== "0");
};

const notesOf = ({ notes, renumbered }: Report): readonly NoteGroup[] => {
  const labelOf = ({ kind, old, new: current }: Note): string => {
    if (old.state !== "absent" && current.state !== "absent") return kind;
    return `${kind}, ${old.state === "absent" ? "new" : "old"} bundle only`;
  };
  const itemOf = ({ application, name, old, new: current }: Note): string => {
    const values = [old, current].filter(({ state }) => state !== "absent").map(shownText);
    return `${application} ${name === "" ? "" : `${name} `}${values.join(" → ")}`;
  };
  const groups = Map.groupBy(notes, (note) => JSON.stringify([labelOf(note), note.why]));
  const items = [...renumbered].map(([from, to]) => `${from} → ${to}`);
  return [
    ...(items.length === 0 ? [] : [{ label: "machines", why: "matched by position, old → new", items }]),
    ...[...groups.values()].flatMap((members) =>
      members.slice(0, 1).map((first) => ({
        label: labelOf(first),
        why: first.why,
        items: members.map(itemOf),
      })),
    ),
  ];
};

const verdictOf = ({ same, changes, release }: Report): string => {
  if (same) return "Same: both bundles deploy the same thing.";
  if (release === undefined) return `Different: ${counted(changes.length, "difference")}.`;
  const { changes: expected, leftBehind } = release;
  const rest = changes.length === 0 ? "nothing else" : `${counted(changes.length, "other")} to look at`;
  const behind = leftBehind.length === 0 ? "" : `; ${counted(leftBehind.length, "application")} left behind`;
  return `Different: ${counted(expected.length, "difference")} from the release upgrade ${stepText(release)}, ${rest}${behind}.`;
};

const sizeOf = ({ applications, machines, relations }: Side): string =>
  `${counted(applications, "application")} · ${counted(machines, "machine")} · ${counted(relations, "relation")}`;

export const pageOf = (report: Report): Page => ({
  old: [report.old.name, sizeOf(report.old)],
  new: [report.new.name, sizeOf(report.new)],
  same: report.same,
  verdict: verdictOf(report),
  sections: sectionsOf(report),
  notes: notesOf(report),
});

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

export type DiffLine = { readonly mark: "+" | "-" | " "; readonly text: string };

/** Pairs of lines that are worth comparing; above it, all old lines and then all new ones. */
const mostPairs = 1_000_000;

/** Two lists of lines as kept, removed and added lines. */
export const diffLines = (old: readonly string[], current: readonly string[]): readonly DiffLine[] => {
  const all = (mark: DiffLine["mark"], lines: readonly string[]) => lines.map((text) => ({ mark, text }));
  if (old.length * current.length > mostPairs) return [...all("-", old), ...all("+", current)];
  return diffArrays([...old], [...current]).flatMap(({ value: lines, added, removed }) =>
    all(added ? "+" : removed ? "-" : " ", lines),
  );
};

/** What a row says: one text, the lines that differ, or nothing special: then it says old → new. */
export const rowValue = ({ mark, old, new: current }: Row): string | readonly DiffLine[] | undefined => {
  if (mark === "") return shownText(current);
  if (old.state === "absent" && current.state === "absent") return "";
  if (old.state === "masked" || current.state === "masked")
    return `${old.state === "absent" ? "added" : current.state === "absent" ? "removed" : "changed"} (masked)`;
  const texts = [old, current].map((shown) => (shown.state === "value" ? shown.text : undefined));
  if (!texts.some((text) => text?.includes("\n"))) return undefined;
  const [before = [], after = []] = texts.map((text) => text?.split("\n") ?? []);
  const all = diffLines(before, after);
  const near = all.filter((_, index) =>
    all.slice(Math.max(0, index - 2), index + 3).some((line) => line.mark !== " "),
  );
  const lines = near.slice(0, longest.lines).map((line) => ({ ...line, text: visible(shorten(line.text)) }));
  const rest = near.length - lines.length;
  return rest > 0 ? [...lines, { mark: " ", text: `… (${rest} more lines)` }] : lines;
};
