import { type Page, type Row, rowValue, shownText } from "./report.ts";
import { visible } from "./visible.ts";

/** More backticks than stand anywhere in the text, so that nothing in it can end the code. */
const fenceFor = (text: string, least: number): string =>
  "`".repeat(Math.max(least, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));

const code = (text: string): string => {
  const shown = visible(text);
  const fence = fenceFor(shown, 1);
  // CommonMark takes one space off each end.
  return /^`|`$|^ .* $/.test(shown) ? `${fence} ${shown} ${fence}` : fence + shown + fence;
};

const marks: Readonly<Record<Row["mark"], string>> = {
  "+": "added ",
  "-": "removed ",
  "~": "changed ",
  "": "",
};

const rowText = (row: Row): string => {
  const { mark, label, name, places } = row;
  const lead = `- ${marks[mark]}${/^[a-z-]+$/.test(label) ? label : code(label)}${name === "" ? "" : ` ${code(name)}`}`;
  const value = rowValue(row);
  if (value === "") return lead;
  if (typeof value === "string") return `${lead}: ${mark === "" ? code(value) : value}`;
  if (value === undefined) {
    const sides = [row.old, row.new].map((shown) =>
      shown.state === "absent" ? shownText(shown) : code(shownText(shown)),
    );
    const where = places.length === 0 ? "" : ` (${places.length}): ${places.map(code).join(", ")}`;
    return `${lead}: ${sides.join(" → ")}${where}`;
  }
  const lines = value.map(({ mark, text }) => `  ${mark} ${text}`).join("\n");
  const fence = fenceFor(lines, 3);
  return `${lead}:\n\n  ${fence}diff\n${lines}\n  ${fence}`;
};

/** The report for an issue or a wiki page. Everything from the bundles stands in code, so nothing is markup. */
export const renderMarkdown = ({ old, new: current, verdict, sections, notes }: Page): string => {
  const parts = [
    "# Bundle difference",
    `- old: ${code(old[0])} (${old[1]})\n- new: ${code(current[0])} (${current[1]})`,
    `**${verdict}**`,
    ...sections.flatMap(({ title, count, warnings, groups }) => [
      `## ${title} (${count})`,
      ...warnings.map((warning) => `> ${code(warning)}`),
      ...groups.flatMap(({ heading, rows }) => [
        ...(heading === "" ? [] : [`### ${code(heading)}`]),
        rows.map(rowText).join("\n"),
      ]),
    ]),
    ...(notes.length === 0 ? [] : ["## For information (not differences)"]),
    ...notes.map(
      ({ label, why, items }) => `- ${label} (${items.length}): ${why}\n  ${items.map(code).join(", ")}`,
    ),
  ];
  return `${parts.join("\n\n")}\n`;
};
