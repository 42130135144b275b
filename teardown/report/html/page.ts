import { count } from "../../text/table.ts";
import type { Destroy, Report } from "../report.ts";
import { moment, outcomeWords, took } from "../text.ts";
import { glance, hero, toneOf } from "./glance.ts";
import { html, type Markup, when } from "./markup.ts";
import { capture, guards, phases, problems, results, snapshot } from "./sections.ts";
import { style } from "./style.ts";
import { timelines } from "./timeline.ts";

const setting = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const destroyRow = (destroy: Destroy): Markup => {
  const {
    number,
    started,
    took: time,
    user,
    host,
    command,
    message,
    approved,
    outcome,
    changed,
    versions,
  } = destroy;
  return html`<tr><th scope="row">${number}</th><td class="number" data-is="began">${moment(started)}</td><td class="number" data-is="took">${took(time)}</td>
<td><span class="pill ${toneOf[outcome]}">${outcomeWords[outcome]}</span></td><td class="whole">${user} on ${host}${when(message, () => html`<div>“${message}”</div>`)}<div class="mono soft">${command}</div>${when(approved, () => html`<div class="small">approved: <code>${approved}</code></div>`)}${changed.map(
    ({ key, from, to }) =>
      html`<div class="small">changed before it: <code>${key}</code> from ${setting(from)} to ${setting(to)}</div>`,
  )}<div class="soft small">${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}</div></td></tr>`;
};

const destroys = ({ destroys: list }: Report): Markup | undefined =>
  list.length === 0
    ? undefined
    : html`<section class="card"><h2>${list.length === 1 ? "The destroy" : "Each destroy of this run"}</h2><table class="stacks"><thead><tr><th scope="col">#</th><th scope="col">began</th><th scope="col">took</th><th scope="col">ended</th><th scope="col">who, with what</th></tr></thead><tbody>
${list.map(destroyRow)}</tbody></table></section>`;

const exitCriteria = ({ exitCriteria: exit }: Report): Markup | undefined =>
  exit &&
  html`<section class="card"><h2>Exit criteria <span class="pill ${exit.met ? "good" : "bad"}">${exit.met ? "met" : "not met"}</span></h2>
<p class="soft small">read afresh ${moment(exit.at)}</p><table class="stacks"><tbody>
${exit.criteria.map(
  ({ met, subject, found }) =>
    html`<tr><td><span class="pill ${met ? "good" : "bad"}">${met ? "met" : "not met"}</span></td><th scope="row">${subject}</th><td class="whole">${found}</td></tr>`,
)}</tbody></table></section>`;

/** The report as one page: no scripts, nothing from elsewhere, light and dark, narrow and wide, on paper. */
export const renderHtml = (report: Report): string => {
  const title = `${outcomeWords[report.outcome]}: ${report.stack}, ${moment(report.ended)}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
${hero(report)}
${glance(report)}
${problems(report)}
${phases(report)}
${timelines(report)}
${results(report)}
${exitCriteria(report)}
${capture(report)}
${snapshot(report)}
${guards(report)}
${destroys(report)}
<footer>Written ${moment(report.written)} from <code>${report.directory}/journal.jsonl</code>${when(
    report.journal.broken === undefined,
    () =>
      html`, ${count(report.journal.lines, "line")}; SHA-256 of the last: <code class="hash">${report.journal.digest}</code>`,
  )}. The same for programs: <code>report.json</code>.</footer>
</main>
</body>
</html>
`;
  return page.markup;
};
