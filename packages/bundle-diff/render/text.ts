import type { Change } from "../change.ts";
import type { Report } from "../report.ts";
import { visible } from "../visible.ts";
import { type Group, type Row, type Section, sectionsOf } from "./sections.ts";
import { splitRepeated, type Tally, tallyChanges, tallyNotes } from "./tallies.ts";
import { maskedText, shownText, valueDiff } from "./values.ts";
import { sideText, stepText, verdict } from "./words.ts";

/** Columns that the report is made for. */
const columns = 100;
/** Wider names do not push the values of the others to the right. */
const widestName = 44;
const belowIndent = " ".repeat(8);

/** Breaks words into lines of at most `width`; a single longer word keeps its line. */
export const wrap = (words: readonly string[], width: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
};

const hang = (lead: string, lines: readonly string[]): readonly string[] => {
  const [first = "", ...rest] = lines;
  return [`${lead}${first}`.trimEnd(), ...rest.map((line) => `${" ".repeat(lead.length)}${line}`)];
};

const widest = (texts: readonly string[], limit: number): number =>
  Math.min(limit, Math.max(0, ...texts.map((text) => text.length)));

const marked = (mark: string, text: string, width: number): readonly string[] =>
  hang(`${mark} `, wrap(text.split(" "), width - 2));

/** What a row says: one line beside its name, or lines below it. */
type RowValue = { readonly beside: string } | { readonly below: readonly string[] };

const rowValue = (row: Row, width: number): RowValue => {
  const masked = row.mark === "" ? undefined : maskedText(row);
  if (masked !== undefined) return { beside: masked };
  if (row.old.state === "absent" && row.new.state === "absent") return { beside: "" };
  const lines = valueDiff(row);
  if (lines !== undefined) return { below: lines.map(({ mark, text }) => `${mark} ${text}`.trimEnd()) };
  const line = row.mark === "" ? shownText(row.new) : `${shownText(row.old)} → ${shownText(row.new)}`;
  if (line.length <= width) return { beside: line };
  const below = columns - belowIndent.length;
  return {
    below: [
      ...(row.old.state === "absent" ? [] : marked("-", shownText(row.old), below)),
      ...(row.new.state === "absent" ? [] : marked("+", shownText(row.new), below)),
    ],
  };
};

const groupLines = ({ heading, rows }: Group): readonly string[] => {
  const indent = heading === "" ? "  " : "    ";
  const leads = rows.map(({ mark, label, name }) =>
    visible(`${indent}${mark === "" ? "" : `${mark} `}${label} ${name}`.trimEnd()),
  );
  const width = widest(leads, widestName);
  const lines = rows.flatMap((row, index) => {
    const lead = `${(leads[index] ?? "").padEnd(width)}  `;
    const value = rowValue(row, columns - lead.length);
    return "beside" in value
      ? [`${lead}${value.beside}`.trimEnd()]
      : [lead.trimEnd(), ...value.below.map((line) => `${belowIndent}${line}`)];
  });
  return heading === "" ? lines : [`  ${visible(heading)}`, ...lines];
};

const titled = (title: string, lines: readonly string[]): readonly string[] => ["", title, ...lines];

const sectionLines = ({ title, count, groups }: Section): readonly string[] =>
  titled(`${title} (${count})`, groups.flatMap(groupLines));

/** Comma-separated names, wrapped. */
const nameLines = (names: readonly string[], width: number): readonly string[] =>
  wrap(
    names.map((name, index) => visible(index < names.length - 1 ? `${name},` : name)),
    width,
  );

const tallyLines = (tallies: readonly Tally[]): readonly string[] => {
  const what = tallies.map(({ label, name }) => visible(`${label} ${name}`.trimEnd()));
  const whatWidth = widest(what, 30);
  return tallies.flatMap(({ from, to, where }, index) => [
    ...hang(
      `  ${(what[index] ?? "").padEnd(whatWidth)}  `,
      wrap(`${from} → ${to}  (${where.length})`.split(" "), columns - whatWidth - 4),
    ),
    ...hang("      ", nameLines(where, columns - 6)),
  ]);
};

const repeatedLines = (changes: readonly Change[]): readonly string[] =>
  changes.length === 0
    ? []
    : titled(`The same change in several places (${changes.length})`, tallyLines(tallyChanges(changes)));

const releaseLines = (release: Report["release"]): readonly string[] => {
  if (release === undefined) return [];
  const behind = release.leftBehind.map(
    ({ application, channel, expected }) =>
      `  ! ${visible(application)} is still on ${visible(channel)}; its kind goes to ${visible(expected)}`,
  );
  return titled(`Release upgrade ${stepText(release)} (${release.changes.length}, expected)`, [
    ...behind,
    ...tallyLines(tallyChanges(release.changes)),
  ]);
};

const noteLines = (report: Report): readonly string[] => {
  const renumbered = [...report.renumbered].map(([from, to]) => `${visible(from)} → ${visible(to)}`);
  const lines = [
    ...(renumbered.length === 0
      ? []
      : hang(
          "  machines are matched by position, old → new: ",
          wrap(
            renumbered.map((pair) => `${pair} `),
            50,
          ),
        )),
    ...tallyNotes(report.notes).flatMap(({ label, why, items }) => [
      ...wrap(`${label} (${items.length}): ${why}`.split(" "), columns - 4).map((line, index) =>
        index === 0 ? `  ${line}` : `    ${line}`,
      ),
      ...hang(
        "      ",
        wrap(
          items.map((item, index) => visible(index < items.length - 1 ? `${item} ·` : item)),
          columns - 6,
        ),
      ),
    ]),
  ];
  return lines.length === 0 ? [] : titled("For information (not differences)", lines);
};

/** The report for a terminal: at most 100 columns where words allow, no escapes, secrets never. */
export const renderText = (report: Report): string => {
  const nameWidth = Math.max(report.old.name.length, report.new.name.length);
  const oneLine = nameWidth + 8 + sideText(report.old).length <= columns;
  const side = (label: string, of: Report["old"]): readonly string[] =>
    oneLine
      ? [`${label}  ${visible(of.name).padEnd(nameWidth)}   ${sideText(of)}`]
      : [`${label}  ${visible(of.name)}`, `     ${sideText(of)}`];
  const { repeated, single } = splitRepeated(report.changes);
  return [
    ...side("old", report.old),
    ...side("new", report.new),
    "",
    ...wrap(verdict(report).split(" "), columns),
    ...sectionsOf(single).flatMap(sectionLines),
    ...repeatedLines(repeated),
    ...releaseLines(report.release),
    ...noteLines(report),
    "",
  ].join("\n");
};
