import { quoted } from "../../text/quoted.ts";
import { count } from "../../text/table.ts";
import type { Phase, Problem, Report, Result } from "../report.ts";
import { clock, comparedWords, moment, size, stateOf, took } from "../text.ts";
import { html, type Markup, when } from "./markup.ts";

const comparedTone: Record<Phase["compared"], string> = {
  within: "good",
  longer: "warn",
  failed: "bad",
  unfinished: "soft",
  "not compared": "soft",
  "not reached": "soft",
};

const mostFailures = 8;

/** What failed, each reason once, with how often. */
const grouped = (reasons: string[]): string[] => {
  const times = new Map<string, number>();
  for (const reason of reasons) times.set(reason, (times.get(reason) ?? 0) + 1);
  const list = [...times].map(([reason, number]) => (number > 1 ? `${number} × ${reason}` : reason));
  return list.length <= mostFailures
    ? list
    : [...list.slice(0, mostFailures), `and ${list.length - mostFailures} more, in report.json`];
};

const problemHtml = (problem: Problem, several: boolean): Markup => {
  const { resources, found, more, solved, at, destroy, code } = problem;
  return html`<div class="problem${solved ? " solved" : ""}"><p><strong>${resources.join(", ")}</strong> <span class="soft small">${clock(at)} UTC${
    several ? `, destroy ${destroy}` : ""
  } · ${code}</span>${when(solved, () => html` <span class="pill good">solved since</span>`)}</p>
<p>${found}</p>${when(more.length > 0, () => html`<pre>${more.join("\n")}</pre>`)}</div>`;
};

/** What went wrong, with what to do: first what still stands. */
export const problems = ({ problems: list, destroys }: Report): Markup | undefined => {
  if (list.length === 0) return undefined;
  const several = destroys.length > 1;
  const open = list.filter(({ solved }) => !solved);
  const solved = list.filter((problem) => problem.solved);
  return html`<section class="card" id="problems"><h2>What went wrong, and what to do</h2>
${open.map((problem) => problemHtml(problem, several))}
${when(
  solved.length > 0,
  () =>
    html`<details${open.length === 0 ? html` open` : ""}><summary>${solved.length} solved since</summary>${solved.map((problem) => problemHtml(problem, several))}</details>`,
)}</section>`;
};

const gauge = ({ took: time, runbook, compared }: Phase): Markup | undefined => {
  if (!runbook || time === undefined) return undefined;
  const whole = Math.max(time, runbook.atMost) * 1.05;
  const part = (ms: number) => `${((ms / whole) * 100).toFixed(2)}%`;
  return html`<div class="gauge${compared === "longer" ? " longer" : ""}" aria-hidden="true"><i style="width:${part(time)}"></i><b style="width:${part(runbook.atMost)}"></b></div>`;
};

/** How long each phase took, beside the runbook's time. */
export const phases = ({ phases: list, destroys }: Report): Markup =>
  html`<section class="card"><h2>Phases</h2><table class="stacks"><thead><tr><th scope="col">phase</th><th scope="col">took</th><th scope="col">runbook</th><th scope="col">compared</th><th scope="col"></th></tr></thead><tbody>
${list.map(
  (
    phase,
  ) => html`<tr><th scope="row">${phase.name}<div class="soft small" style="font-weight:400">${phase.what}</div></th>
<td class="number" data-is="took">${took(phase.took)}</td><td class="number" data-is="runbook">${phase.runbook?.text ?? "–"}</td>
<td><span class="pill ${comparedTone[phase.compared]}">${comparedWords[phase.compared]}</span></td><td class="whole" style="min-width:8rem">${gauge(phase)}</td></tr>`,
)}</tbody></table>${when(
    destroys.length > 1,
    () =>
      html`<p class="soft small">Over ${destroys.length} destroys, the time between them left out. Guards, capture and exit criteria are those of the last one.</p>`,
  )}</section>`;

const resultHtml = (result: Result): Markup => {
  const { kind, name, id, owner, state, done, summary, took: time, compared, calls, failures } = result;
  const about = kind === "model" ? `controller ${owner}` : owner && `owner ${owner}`;
  return html`<tr><th scope="row" class="named">${name}<div class="soft small mono" style="font-weight:400">${id}</div></th>
<td><span class="pill ${done ? "good" : state === "" ? "soft" : "bad"}">${stateOf(result)}</span></td>
<td class="number" data-is="took">${took(time)}${when(compared === "longer", () => html`<div><span class="pill warn">longer</span></div>`)}</td>
<td class="number" data-is="calls">${calls}</td>
<td class="whole">${summary || html`<span class="soft">${done ? "" : state === "" ? "not begun" : "not finished"}</span>`}${grouped(
    failures,
  ).map(
    (failure) => html`<div class="small ${done ? "soft" : "bad"}">${failure}</div>`,
  )}<div class="soft small">${about}</div></td></tr>`;
};

/** What became of the model and of each machine. */
export const results = ({ results: list }: Report): Markup =>
  html`<section class="card"><h2>Model and machines</h2><table class="stacks"><thead><tr><th scope="col">resource</th><th scope="col">now</th><th scope="col">took</th><th scope="col">calls</th><th scope="col">what happened, and what failed</th></tr></thead><tbody>
${list.map(resultHtml)}</tbody></table></section>`;

/** The captured files and how to check them again. */
export const capture = ({ capture: check, directory }: Report): Markup => {
  if (check.state === "none")
    return html`<section class="card"><h2>Backup</h2><p>No capture was taken in this run.</p></section>`;
  const tone = check.state === "intact" ? "good" : "bad";
  return html`<section class="card"><h2>Backup <span class="pill ${tone}">${check.state}</span></h2>
<p>Taken ${check.taken === undefined ? "" : moment(check.taken)} in ${took(check.took)}${
    check.withoutBundle ? ", without a bundle (withoutBundle)" : ""
  }; hashed again ${moment(check.checked)}.</p>
${when(check.problems.length > 0, () => html`<p class="bad strong">${check.problems.join("; ")}</p>`)}
<table class="stacks"><thead><tr><th scope="col">file</th><th scope="col">size</th><th scope="col">now</th><th scope="col">SHA-256</th></tr></thead><tbody>
${check.files.map(
  (file) =>
    html`<tr><th scope="row" class="named">${file.name}</th><td class="number">${size(file.bytes)}</td><td><span class="pill ${file.now === "intact" ? "good" : "bad"}">${file.now}</span></td><td class="mono hash whole">${file.sha256}</td></tr>`,
)}</tbody></table>
<pre>cd ${quoted(directory)} && sha256sum --check SHA256SUMS</pre></section>`;
};

/** The operator's own snapshot. */
export const snapshot = ({ snapshot: made }: Report): Markup | undefined =>
  made &&
  html`<section class="card"><h2>Snapshot <span class="pill ${made.exitCode === 0 ? "good" : "bad"}">${made.exitCode === 0 ? "made" : "failed"}</span></h2>
<p>${moment(made.at)}: <code>snapshotCommand</code> ${made.end}</p>${when(made.output, () => html`<pre>${made.output}</pre>`)}${when(
    made.restoreHint,
    () => html`<p>To restore: ${made.restoreHint}</p>`,
  )}</section>`;

const verdictTone = { ok: "good", note: "calm", refused: "bad" } as const;

/** What the guards of the last destroy found, refusals first. */
export const guards = ({ destroys }: Report): Markup | undefined => {
  const last = destroys.findLast(({ findings }) => findings.length > 0);
  if (!last) return undefined;
  const rank = { refused: 0, note: 1, ok: 2 } as const;
  const list = [...last.findings].sort((one, other) => rank[one.verdict] - rank[other.verdict]);
  const refused = list.filter(({ verdict }) => verdict === "refused").length;
  const said =
    refused === 0 ? `${count(list.length, "guard")} passed` : `${refused} of ${list.length} refused`;
  return html`<section class="card"><details open><summary><h2>Guards <span class="pill ${refused ? "bad" : "good"}">${said}</span>${when(
    destroys.length > 1,
    () => html` <span class="soft small">destroy ${last.number}</span>`,
  )}</h2></summary><table class="stacks"><thead><tr><th scope="col">guard</th><th scope="col">verdict</th><th scope="col">about</th><th scope="col">found</th></tr></thead><tbody>
${list.map((finding) => {
  const { guard, subject, found, expected, next, verdict } = finding;
  return html`<tr><th scope="row">${guard}</th><td><span class="pill ${verdictTone[verdict]}">${verdict}</span></td><td class="mono">${subject}</td><td class="whole">${found}${when(
    expected !== undefined,
    () => html`<div class="soft small">expected: ${expected}</div>`,
  )}${when(next !== undefined, () => html`<pre>${next}</pre>`)}</td></tr>`;
})}</tbody></table></details></section>`;
};
