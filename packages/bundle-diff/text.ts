import { type Page, type Row, rowValue, type Section, shownText } from "./report.ts";
import { visible } from "./visible.ts";

/** Columns that the report is made for. */
const columns = 100;
/** Wider names do not push the values of the others to the right. */
const widestName = 44;

/** Text in lines of at most 100 columns behind `lead`; a longer word keeps its line. */
const hang = (lead: string, words: readonly string[]): readonly string[] => {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && lead.length + line.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => `${index === 0 ? lead : " ".repeat(lead.length)}${line}`.trimEnd());
};

/** Names that stay in one piece. */
const joined = (items: readonly string[], separator: string): readonly string[] =>
  items.map((item, index) => visible(index < items.length - 1 ? item + separator : item));

const rowLines = (row: Row, lead: string): readonly string[] => {
  const value = rowValue(row);
  const below = " ".repeat(8);
  if (typeof value === "string") return [`${lead}${value}`.trimEnd()];
  if (value !== undefined)
    return [lead.trimEnd(), ...value.map(({ mark, text }) => `${below}${mark} ${text}`.trimEnd())];
  const [old, current] = [shownText(row.old), shownText(row.new)];
  const line = `${old} → ${current}`;
  if (row.places.length > 0)
    return [
      ...hang(lead, `${line}  (${row.places.length})`.split(" ")),
      ...hang(" ".repeat(6), joined(row.places, ",")),
    ];
  if (lead.length + line.length <= columns) return [lead + line];
  return [
    lead.trimEnd(),
    ...(row.old.state === "absent" ? [] : hang(`${below}- `, old.split(" "))),
    ...(row.new.state === "absent" ? [] : hang(`${below}+ `, current.split(" "))),
  ];
};

const sectionLines = ({ title, count, warnings, groups }: Section): readonly string[] => [
  "",
  `${title} (${count})`,
  ...warnings.map((warning) => `  ! ${visible(warning)}`),
  ...groups.flatMap(({ heading, rows }) => {
    const indent = heading === "" ? "  " : "    ";
    const leads = rows.map(({ mark, label, name }) =>
      visible(`${indent}${mark === "" ? "" : `${mark} `}${label} ${name}`.trimEnd()),
    );
    const width = Math.min(widestName, Math.max(...leads.map(({ length }) => length)));
    return [
      ...(heading === "" ? [] : [`  ${visible(heading)}`]),
      ...rows.flatMap((row, index) => rowLines(row, `${leads[index]?.padEnd(width)}  `)),
    ];
  }),
];

/** The report for a terminal: at most 100 columns where words allow, no escapes, no secrets. */
export const renderText = ({ old, new: current, verdict, sections, notes }: Page): string => {
  const width = Math.max(old[0].length, current[0].length);
  const side = (label: string, [name, size]: Page["old"]): readonly string[] =>
    width + 8 + old[1].length <= columns
      ? [`${label}  ${visible(name).padEnd(width)}   ${size}`]
      : [`${label}  ${visible(name)}`, `     ${size}`];
  return [
    ...side("old", old),
    ...side("new", current),
    "",
    ...hang("", verdict.split(" ")),
    ...sections.flatMap(sectionLines),
    ...(notes.length === 0 ? [] : ["", "For information (not differences)"]),
    ...notes.flatMap(({ label, why, items }) => [
      ...hang("  ", `${label} (${items.length}): ${why}`.split(" ")),
      ...hang(" ".repeat(6), joined(items, " ·")),
    ]),
    "",
  ].join("\n");
};
