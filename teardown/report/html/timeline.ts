import { ms } from "../events.ts";
import type { Bar, Destroy, Mark, Report, Timeline } from "../report.ts";
import { outcomeWords, span, took } from "../text.ts";
import { toneOf } from "./glance.ts";
import { html, type Markup, when } from "./markup.ts";

type Scale = { from: number; length: number };

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400].map(
  (seconds) => seconds * 1_000,
);
const mostTicks = 5;

/** Moments for the axis, in ms from its beginning; the last one is the end. */
export const ticksOf = (length: number): number[] => {
  const step = steps.find((each) => length / each <= mostTicks) ?? Math.ceil(length / mostTicks);
  const ticks = Array.from({ length: Math.floor(length / step) + 1 }, (_, at) => at * step);
  // A label that would touch the last one is left out.
  return [...ticks.filter((tick) => tick === 0 || tick < length * 0.82), length];
};

const at = (scale: Scale, time: number): string =>
  `${Math.min(100, Math.max(0, ((time - scale.from) / scale.length) * 100)).toFixed(3)}%`;

const kinds: Record<Bar["kind"], string> = {
  before: "before",
  asked: "asked",
  "under way": "way",
  problem: "fault",
  check: "check",
};

const barTook = ({ from, to }: Bar) => ms(to) - ms(from);

/** The timeline in words, for the tooltip and for those who cannot see it. */
const inWords = (timeline: Timeline): string =>
  [
    ...timeline.bars.map((bar) => `${bar.state} ${took(barTook(bar))}${bar.open ? " (end not seen)" : ""}`),
    timeline.end,
  ].join(" → ");

// A stuck model is asked for again and again; beyond a few calls only the first is shown, and the number is in the table.
const mostNotes = 6;
const shownMarks = ({ marks }: Timeline): Mark[] => {
  const notes = marks.filter(({ kind }) => kind === "note");
  return notes.length <= mostNotes
    ? marks
    : marks.filter((mark) => mark.kind !== "note" || mark === notes[0]);
};

const timelineHtml = (timeline: Timeline, scale: Scale, grid: number[]): Markup => {
  const first = Math.min(
    ...timeline.bars.map(({ from }) => ms(from)),
    ...timeline.marks.map((mark) => ms(mark.at)),
  );
  // The short checks are compared in the table of phases alone.
  const runbookEnd = timeline.kind !== "check" && timeline.runbook && first + timeline.runbook.atMost;
  const words = inWords(timeline);
  return html`<div class="line"><div class="name">${timeline.resource}</div>
<div class="track" role="img" aria-label="${`${timeline.resource}: ${words}`}" title="${words}">${grid.map(
    (tick) => html`<i class="grid" style="left:${at(scale, scale.from + tick)}"></i>`,
  )}${timeline.bars.map(
    (bar) =>
      html`<i class="${kinds[bar.kind]}${bar.open ? " open" : ""}" style="left:${at(scale, ms(bar.from))};width:${`${((barTook(bar) / scale.length) * 100).toFixed(3)}%`}"></i>`,
  )}${when(
    runbookEnd && runbookEnd < scale.from + scale.length,
    () => html`<i class="runbook" style="left:${at(scale, runbookEnd || 0)}"></i>`,
  )}${shownMarks(timeline).map((mark) => html`<u class="${mark.kind}" style="left:${at(scale, ms(mark.at))}" title="${mark.text}"></u>`)}</div>
<div class="end"><span class="${timeline.good ? "good" : "bad"}">${timeline.end}</span> <span class="soft">${took(timeline.took)}</span></div></div>`;
};

const chart = (destroy: Destroy): Markup => {
  const from = ms(destroy.started);
  const scale = { from, length: Math.max(1, ms(destroy.ended) - from) };
  const ticks = ticksOf(scale.length);
  return html`<div class="lines"><div class="pad"></div><div class="axis" aria-hidden="true">${ticks.map(
    (tick) => html`<span style="left:${at(scale, from + tick)}">${tick === 0 ? "0" : took(tick)}</span>`,
  )}</div><div class="pad"></div>
${destroy.timelines.map((each) => timelineHtml(each, scale, ticks.slice(1, -1)))}</div>`;
};

const entry = (sign: Markup, words: string): Markup => html`<li>${sign}${words}</li>`;

/** What the signs of these charts mean, and of no others. */
const legend = (timelines: Timeline[]): Markup => {
  const bars = new Set(timelines.flatMap((each) => each.bars.map(({ kind }) => kind)));
  const marks = new Set(timelines.flatMap((each) => each.marks.map(({ kind }) => kind)));
  const of = (kind: Bar["kind"], words: string) =>
    when(bars.has(kind), () => entry(html`<i class="${kinds[kind]}"></i>`, words));
  const mark = (kind: Mark["kind"], words: string) =>
    when(marks.has(kind), () => entry(html`<u class="${kind}"></u>`, words));
  return html`<ul class="legend" aria-label="Legend">${of("before", "as it was")}${of("asked", "release sent, MAAS powers off")}${of(
    "under way",
    "releasing or dying",
  )}${of("problem", "failed, waiting to try again")}${of("check", "guards, capture, criteria")}${mark("good", "done")}${mark(
    "bad",
    "went wrong",
  )}${mark("note", "destroy-model called")}${when(
    timelines.some(({ runbook }) => runbook),
    () => entry(html`<i class="runbook"></i>`, "the runbook’s time ends"),
  )}</ul>`;
};

/** One chart a destroy: guards, capture, then the model and its machines in parallel, then the exit criteria. */
export const timelines = ({ destroys }: Report): Markup | undefined => {
  // A destroy that came no further than the guards has nothing to draw.
  const shown = destroys.filter(({ timelines }) => timelines.some(({ resource }) => resource !== "guards"));
  if (shown.length === 0) return undefined;
  return html`<section class="card"><h2>Timeline</h2>
${shown.map(
  (destroy) =>
    html`<div class="destroy">${when(
      destroys.length > 1,
      () =>
        html`<h3>Destroy ${destroy.number} of ${destroys.length} <span class="pill ${toneOf[destroy.outcome]}">${outcomeWords[destroy.outcome]}</span> <span class="soft small">${span(destroy.started, destroy.ended)}</span></h3>`,
    )}${chart(destroy)}</div>`,
)}
${legend(shown.flatMap(({ timelines }) => timelines))}</section>`;
};
