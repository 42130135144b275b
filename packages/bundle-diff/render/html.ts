import type { Report } from "../report.ts";
import { visible } from "../visible.ts";
import { style } from "./html-style.ts";
import { type Group, type Row, type Section, sectionsOf } from "./sections.ts";
import { splitRepeated, type Tally, tallyChanges, tallyNotes } from "./tallies.ts";
import { maskedText, shownText, valueDiff } from "./values.ts";
import { sideText, stepText, verdict } from "./words.ts";

const entities: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** Text for anywhere in a page: no markup, nothing that hides or reorders. */
export const escapeHtml = (text: string): string =>
  visible(text).replace(/[&<>"']/g, (character) => entities.get(character) ?? "");

const lineElements: Readonly<Record<"+" | "-" | " ", readonly [string, string]>> = {
  "+": ["<ins>+ ", "</ins>"],
  "-": ["<del>- ", "</del>"],
  " ": ["  ", "\n"],
};

const valueCell = (row: Row): string => {
  const masked = row.mark === "" ? undefined : maskedText(row);
  if (masked !== undefined) return `<em>${masked}</em>`;
  if (row.mark === "") return escapeHtml(shownText(row.new));
  const lines = valueDiff(row);
  if (lines !== undefined)
    return `<pre>${lines.map(({ mark, text }) => lineElements[mark].join(escapeHtml(text))).join("")}</pre>`;
  if (row.old.state === "absent" && row.new.state === "absent") return "";
  return change(shownText(row.old), shownText(row.new));
};

const notSet = shownText({ state: "absent" });

const sideHtml = (text: string, element: "del" | "ins"): string =>
  text === notSet ? `<span class="soft">${notSet}</span>` : `<${element}>${escapeHtml(text)}</${element}>`;

const change = (from: string, to: string): string => `${sideHtml(from, "del")} → ${sideHtml(to, "ins")}`;

const marks: Readonly<Record<Row["mark"], string>> = { "+": "+ ", "-": "− ", "~": "", "": "" };

const rowHtml = (row: Row): string => {
  const element = row.mark === "+" ? "ins" : row.mark === "-" ? "del" : "span";
  const label = `<${element}>${marks[row.mark]}${escapeHtml(row.label)}</${element}>`;
  const name = row.name === "" ? "" : ` <span class="name">${escapeHtml(row.name)}</span>`;
  const value = valueCell(row);
  return value === ""
    ? `<tr><td class="value" colspan="2">${label}</td></tr>`
    : `<tr><th scope="row">${label}${name}</th><td class="value">${value}</td></tr>`;
};

const groupHtml = ({ heading, rows }: Group): string =>
  `<div class="group">${heading === "" ? "" : `<h3>${escapeHtml(heading)}</h3>`}<table>${rows.map(rowHtml).join("\n")}</table></div>`;

const titled = (title: string, count: string, body: string): string =>
  `<section><h2>${escapeHtml(title)} <span class="soft">${escapeHtml(count)}</span></h2>\n${body}</section>`;

const sectionHtml = ({ title, count, groups }: Section): string =>
  titled(title, String(count), groups.map(groupHtml).join("\n"));

const tallyHtml = ({ label, name, from, to, where }: Tally): string =>
  `<tr><th scope="row">${escapeHtml(label)}${name === "" ? "" : ` <span class="name">${escapeHtml(name)}</span>`}</th>` +
  `<td class="value">${change(from, to)} <span class="soft">${where.length}</span>` +
  `<div class="where">${escapeHtml(where.join(", "))}</div></td></tr>`;

const tallyTable = (tallies: readonly Tally[]): string =>
  `<div class="group"><table>${tallies.map(tallyHtml).join("\n")}</table></div>`;

const releaseHtml = (release: Report["release"]): string => {
  if (release === undefined) return "";
  const behind = release.leftBehind.map(
    ({ application, channel, expected }) =>
      `<p class="behind"><code>${escapeHtml(application)}</code> is still on <code>${escapeHtml(channel)}</code>; ` +
      `its kind goes to <code>${escapeHtml(expected)}</code></p>`,
  );
  return titled(
    `Release upgrade ${stepText(release)}`,
    `${release.changes.length}, expected`,
    behind.join("\n") + tallyTable(tallyChanges(release.changes)),
  );
};

const notesHtml = (report: Report): string => {
  const renumbered = [...report.renumbered].map(([from, to]) => `${from} → ${to}`).join(", ");
  const notes = tallyNotes(report.notes).map(
    ({ label, why, items }) =>
      `<tr><th scope="row">${escapeHtml(label)} <span class="soft">${items.length}</span></th>` +
      `<td>${escapeHtml(why)}<div class="where mono">${escapeHtml(items.join(" · "))}</div></td></tr>`,
  );
  const machines =
    renumbered === ""
      ? []
      : [
          `<tr><th scope="row">machines</th><td>matched by position, old → new: <span class="mono">${escapeHtml(renumbered)}</span></td></tr>`,
        ];
  const rows = [...machines, ...notes];
  return rows.length === 0
    ? ""
    : titled(
        "For information",
        "not differences",
        `<div class="group"><table>${rows.join("\n")}</table></div>`,
      );
};

const side = (label: string, of: Report["old"]): string =>
  `<dt>${label}</dt><dd><code>${escapeHtml(of.name)}</code> <span class="soft">${escapeHtml(sideText(of))}</span></dd>`;

/** The report as one page without scripts or anything from elsewhere; secrets never. */
export const renderHtml = (report: Report): string => {
  const { repeated, single } = splitRepeated(report.changes);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Bundle difference</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Bundle difference</h1>
<dl class="sides">${side("old", report.old)}${side("new", report.new)}</dl>
<p class="verdict${report.same ? " same" : ""}">${escapeHtml(verdict(report))}</p>
${sectionsOf(single).map(sectionHtml).join("\n")}
${
  repeated.length === 0
    ? ""
    : titled("The same change in several places", String(repeated.length), tallyTable(tallyChanges(repeated)))
}
${releaseHtml(report.release)}
${notesHtml(report)}
</main>
</body>
</html>
`;
};
