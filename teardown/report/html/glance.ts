import { count } from "../../text/table.ts";
import type { Outcome, Report } from "../report.ts";
import { moment, outcomeWords, size, span, stateOf, took } from "../text.ts";
import { html, type Markup, when } from "./markup.ts";

/** The colour of an outcome. */
export const toneOf: Record<Outcome, "good" | "bad" | "warn" | "calm"> = {
  complete: "good",
  refused: "warn",
  stopped: "bad",
  interrupted: "warn",
  "cut off": "bad",
  "ended early": "warn",
  "under way": "calm",
};

const glyph: Record<"good" | "bad" | "warn" | "calm", string> = { good: "✓", bad: "✕", warn: "!", calm: "…" };

/** The verdict, readable from across the room. */
export const hero = (report: Report): Markup => {
  const tone = toneOf[report.outcome];
  return html`<header class="card hero ${tone}">
<h1><span aria-hidden="true">${glyph[tone]}</span> ${outcomeWords[report.outcome]}</h1>
<p>${report.headline}</p>
<p class="where">${report.project} / <strong>${report.stack}</strong> · ${span(report.opened, report.ended)}${when(
    report.simulated,
    () => html` · <strong>simulated lab</strong>`,
  )}</p>
</header>`;
};

const mostNames = 6;
/** Some names of many. */
const few = (names: string[]): string =>
  names.length <= mostNames
    ? names.join(", ")
    : `${names.slice(0, mostNames).join(", ")} and ${names.length - mostNames} more`;

const destroyed = ({ results, destructive, controller, maasUrl }: Report): Markup => {
  const model = results.find(({ kind }) => kind === "model");
  const machines = results.filter(({ kind }) => kind === "machine");
  const ready = machines.filter(({ done }) => done).length;
  const open = machines.filter(({ done }) => !done).map((machine) => `${machine.name} (${stateOf(machine)})`);
  if (!destructive)
    return html`<strong>nothing</strong>; meant were ${model ? `model ${model.name} and ` : ""}${count(machines.length, "machine")}`;
  return html`${when(model, () => html`<div>model <strong>${model?.name}</strong>: ${model && stateOf(model)}</div>`)}
<div>${count(machines.length, "machine")}: <strong>${ready} Ready</strong>${open.length > 0 ? `, not: ${few(open)}` : ""}</div>
<div class="soft small">controller ${controller || "unknown"}, MAAS ${maasUrl || "unknown"}</div>`;
};

const whenAndHowLong = ({ opened, ended, destroys, elapsed, active }: Report): Markup =>
  html`<div>${span(opened, ended)}</div><div class="soft small">${took(active)} in ${count(destroys.length, "destroy")}${
    destroys.length > 1 ? `, ${took(elapsed)} from first to last` : ""
  }</div>`;

const who = ({ destroys }: Report): Markup => {
  const people = [...new Set(destroys.map(({ user, host }) => `${user} on ${host}`))];
  const why = [...new Set(destroys.map(({ message }) => message).filter(Boolean))];
  return html`<div>${people.join("; ") || "unknown"}</div>${when(
    why.length > 0,
    () => html`<div class="soft small">why: ${why.map((text) => `“${text}”`).join(", ")}</div>`,
  )}`;
};

const duration = ({ phases, results, simulated }: Report): Markup => {
  if (simulated) return html`<div>not compared: a simulated lab has a time of its own</div>`;
  const longer = phases.filter(({ compared }) => compared === "longer");
  const machines = results.filter(({ kind, compared }) => kind === "machine" && compared === "longer");
  const open = phases.some(({ compared }) => compared === "unfinished" || compared === "not reached");
  if (longer.length === 0)
    return html`<div class="${open ? "" : "good strong"}">${open ? "yes, as far as it went" : "yes"}</div>`;
  return html`<div class="warn strong">no</div>${longer.map(
    ({ name, took: time, runbook }) =>
      html`<div>${name} took ${took(time)}; the runbook says ${runbook?.text}</div>`,
  )}${when(machines.length > 0, () => html`<div class="soft small">${few(machines.map(({ name }) => name))}</div>`)}`;
};

// The most drastic thing that a teardown does is not to be looked for further down.
const forced = (removals: Report["forcedRemovals"]): Markup | undefined =>
  when(
    removals.length > 0,
    () =>
      html`<div class="warn">the model was stuck: ${removals.map(({ names }) => few(names)).join("; ")} removed from it by force</div>`,
  );

const failures = ({ results, destroys, forcedRemovals }: Report): Markup => {
  const again = results.filter(({ calls, failures }) => calls > 1 || failures.length > 0);
  if (again.length === 0)
    return html`<div>no</div>${forced(forcedRemovals)}${when(destroys.length > 1, () => html`<div class="soft small">but pulumi destroy ran ${destroys.length} times</div>`)}`;
  const list = again.slice(0, mostNames);
  const rest = again.length - list.length;
  return html`<div class="warn strong">yes</div>${list.map(
    ({ kind, name, calls, failures: [first] }) =>
      html`<div>${name}: ${kind === "model" ? "destroy-model called" : "release sent"} ${count(calls, "time")}${first ? `; ${first}` : ""}</div>`,
  )}${when(rest > 0, () => html`<div>and ${count(rest, "more machine")}</div>`)}${forced(forcedRemovals)}`;
};

const backup = ({ capture, destructive }: Report): Markup => {
  if (capture.state === "none")
    return html`<div class="${destructive ? "bad" : ""} strong">none was taken</div>${when(!destructive, () => html`<div class="soft small">nothing was destroyed either</div>`)}`;
  const bytes = capture.files.reduce((sum, file) => sum + file.bytes, 0);
  return html`<div class="${capture.state === "intact" ? "good" : "bad"} strong">${
    capture.state === "intact" ? "intact" : capture.problems.join("; ")
  }</div><div class="soft small">${count(capture.files.length, "file")}, ${size(bytes)}${
    capture.withoutBundle ? ", without a bundle" : ""
  }; hashed again ${moment(capture.checked)}</div>${when(
    !capture.withoutBundle,
    () =>
      html`<div class="soft small">configuration only, no data; the bundle holds passwords and keys</div>`,
  )}`;
};

const next = ({ next: steps, outcome, capture }: Report): Markup =>
  outcome === "complete" || outcome === "under way"
    ? html`<strong>${steps.join("; ")}</strong>${when(
        outcome === "complete" && capture.state !== "none" && !capture.withoutBundle,
        () =>
          html`<div class="soft small">what the new bundle changes: npx openstack-lab bundle-diff &lt;this folder&gt; &lt;new bundle&gt;</div>`,
      )}`
    : html`<pre>${steps.join("\n")}</pre>`;

/** The questions that are asked first, and their answers. */
export const glance = (report: Report): Markup => {
  const unsolved = report.problems.filter(({ solved }) => !solved).length;
  const entry = (question: string, answer: Markup, type = "") =>
    html`<div class="${type}"><dt>${question}</dt><dd>${answer}</dd></div>`;
  return html`<section class="card" aria-label="At a glance"><dl class="glance">
${entry("What was destroyed?", destroyed(report))}
${entry("When?", whenAndHowLong(report))}
${entry("By whom, from where?", who(report))}
${entry("Within the runbook’s time?", duration(report))}
${entry("Did anything fail or have to be repeated?", failures(report))}
${entry("Is the backup intact?", backup(report))}
${entry(
  "What comes next?",
  html`${when(unsolved > 0, () => html`<div>First what is under <a href="#problems">what went wrong</a>, then:</div>`)}${next(report)}`,
  "next",
)}
</dl></section>`;
};
