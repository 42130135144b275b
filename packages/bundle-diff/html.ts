import { type Page, type Row, rowValue, type Section, shownText } from "./report.ts";
import { visible } from "./visible.ts";

/** Light and dark by the reader's setting, narrow and wide, and on paper. */
const style = `
:root { color-scheme: light dark; --ink: #1c1f24; --soft: #5a6370; --paper: #fff; --card: #f6f7f9;
  --line: #d9dde3; --old: #a32020; --old-paper: #fdecec; --new: #17662f; --new-paper: #e7f6eb;
  --warn: #7a4d00; --warn-paper: #fff4dc; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #a0a8b4; --paper: #15181c; --card: #1d2126;
  --line: #343a43; --old: #ff9d9d; --old-paper: #3a1d1f; --new: #8fdca6; --new-paper: #17301f;
  --warn: #ffd27a; --warn-paper: #3a2d10; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 3rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 0.75rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; }
h3 { font: 600 1rem/1.4 ui-monospace, monospace; margin: 0 0 0.25rem; overflow-wrap: anywhere; }
code, td.value, .mono { font-family: ui-monospace, monospace; font-size: 0.9rem; overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: auto 1fr; gap: 0.1rem 0.75rem; margin: 0 0 1rem; }
.sides dt { color: var(--soft); } .sides dd { margin: 0; }
.sides .soft { display: block; }
.verdict { margin: 0; padding: 0.6rem 0.9rem; border-left: 0.3rem solid var(--warn); background: var(--warn-paper);
  border-radius: 0.25rem; font-weight: 600; }
.verdict.same { border-color: var(--new); background: var(--new-paper); }
.soft { color: var(--soft); font-weight: 400; }
.group { border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.6rem 0.9rem; margin: 0 0 0.6rem;
  background: var(--card); break-inside: avoid; }
table { width: 100%; border-collapse: collapse; }
td, th { text-align: left; vertical-align: top; padding: 0.2rem 0.75rem 0.2rem 0; font-weight: 400; }
tr + tr > * { border-top: 1px solid var(--line); }
th { width: 16rem; overflow-wrap: anywhere; } th .name { font-family: ui-monospace, monospace; font-size: 0.9rem; }
del, ins { text-decoration: none; padding: 0 0.25rem; border-radius: 0.2rem; box-decoration-break: clone;
  -webkit-box-decoration-break: clone; }
del { color: var(--old); background: var(--old-paper); } ins { color: var(--new); background: var(--new-paper); }
pre { margin: 0; font: 0.85rem/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre del, pre ins { display: block; }
.behind { color: var(--warn); background: var(--warn-paper); padding: 0.4rem 0.9rem; border-radius: 0.25rem; }
.where { color: var(--soft); font-size: 0.9rem; overflow-wrap: anywhere; }
summary { cursor: pointer; }
@media (max-width: 40rem) { tr { display: block; }
  th, td { display: inline-block; width: auto; max-width: 100%; padding-right: 0.5rem; }
  td:has(pre), td:has(.where) { display: block; } tr + tr > * { border-top: 0; }
  tr + tr { border-top: 1px solid var(--line); margin-top: 0.3rem; padding-top: 0.3rem; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --card: #fff; --line: #bbb;
  --old: #8a0000; --old-paper: #fff; --new: #00501d; --new-paper: #fff; --warn: #000; --warn-paper: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; } del { text-decoration: line-through; }
  h2, h3 { break-after: avoid; } }
`;

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for anywhere in a page: no markup, nothing that hides or reorders. */
const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (found) => entities[found] ?? "");

const soft = (text: string | number): string => `<span class="soft">${text}</span>`;

const side = (shown: Row["old"], element: "del" | "ins"): string =>
  shown.state === "absent" ? soft(shownText(shown)) : `<${element}>${escaped(shownText(shown))}</${element}>`;

const cell = (row: Row): string => {
  const value = rowValue(row);
  if (value === undefined) return `${side(row.old, "del")} → ${side(row.new, "ins")}`;
  if (typeof value === "string")
    return row.mark === "" || value === "" ? escaped(value) : `<em>${value}</em>`;
  const lines = value.map(({ mark, text }) => {
    const line = `${mark} ${escaped(text)}`;
    return mark === " " ? `${line}\n` : mark === "+" ? `<ins>${line}</ins>` : `<del>${line}</del>`;
  });
  return `<pre>${lines.join("")}</pre>`;
};

const rowHtml = (row: Row): string => {
  const element = { "+": "ins", "-": "del", "~": "span", "": "span" }[row.mark];
  const mark = { "+": "+ ", "-": "− ", "~": "", "": "" }[row.mark];
  const label = `<${element}>${mark}${escaped(row.label)}</${element}>`;
  const name = row.name === "" ? "" : ` <span class="name">${escaped(row.name)}</span>`;
  const value = cell(row);
  if (value === "") return `<tr><td class="value" colspan="2">${label}</td></tr>`;
  const places =
    row.places.length === 0
      ? ""
      : ` ${soft(`(${row.places.length})`)}<div class="where">${escaped(row.places.join(", "))}</div>`;
  return `<tr><th scope="row">${label}${name}</th><td class="value">${value}${places}</td></tr>`;
};

const table = (heading: string, rows: readonly string[]): string =>
  `<div class="group">${heading === "" ? "" : `<h3>${escaped(heading)}</h3>`}<table>${rows.join("\n")}</table></div>`;

const sectionHtml = (title: string, count: string, body: readonly string[]): string =>
  `<section><h2>${escaped(title)} ${soft(escaped(count))}</h2>\n${body.join("\n")}</section>`;

const section = ({ title, count, warnings, groups }: Section): string =>
  sectionHtml(title, count, [
    ...warnings.map((warning) => `<p class="behind">${escaped(warning)}</p>`),
    ...groups.map(({ heading, rows }) => table(heading, rows.map(rowHtml))),
  ]);

const notesHtml = (notes: Page["notes"]): string => {
  const rows = notes.map(
    ({ label, why, items }) =>
      `<tr><th scope="row">${escaped(label)} ${soft(items.length)}</th>` +
      `<td>${escaped(why)}<div class="where mono">${escaped(items.join(" · "))}</div></td></tr>`,
  );
  return rows.length === 0 ? "" : sectionHtml("For information", "not differences", [table("", rows)]);
};

/** The report as one page without scripts or anything from elsewhere; no secrets. */
export const renderHtml = (page: Page): string => `<!doctype html>
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
<dl class="sides">
<dt>old</dt><dd><code>${escaped(page.old[0])}</code> ${soft(page.old[1])}</dd>
<dt>new</dt><dd><code>${escaped(page.new[0])}</code> ${soft(page.new[1])}</dd>
</dl>
<p class="verdict${page.same ? " same" : ""}">${escaped(page.verdict)}</p>
${page.sections.map(section).join("\n")}
${notesHtml(page.notes)}
</main>
</body>
</html>
`;
