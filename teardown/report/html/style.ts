import type { Markup } from "./markup.ts";

/** The page's style: light and dark by the reader's setting, narrow and wide, and on paper. */
export const style: Markup = {
  markup: `
:root { color-scheme: light dark; --ink: #1a1e24; --soft: #57606c; --page: #f4f5f7; --card: #fff; --line: #dde1e7;
  --track: #eceff3; --good: #14652f; --good-paper: #e3f4e8; --bad: #a11a1a; --bad-paper: #fdebea; --warn: #744600;
  --warn-paper: #fdf1d7; --calm: #1f4e8c; --calm-paper: #e5eefa; --before: #aab4c0; --asked: #7fb0ea; --way: #2f6fc4;
  --fault: #d9534a; --check: #3f9a5e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --soft: #a3adb9; --page: #101317; --card: #191d23; --line: #2e353e;
  --track: #262c34; --good: #86d9a0; --good-paper: #14301d; --bad: #ff9f98; --bad-paper: #3a1a1b; --warn: #f7c873;
  --warn-paper: #37290d; --calm: #9cc3f7; --calm-paper: #172a42; --before: #59636f; --asked: #3d6ea8; --way: #6fa8ee;
  --fault: #e0645b; --check: #57b377; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
  overflow-wrap: anywhere; }
main { margin: 0 auto; max-width: 76rem; padding: 1.25rem clamp(0.75rem, 3vw, 2rem) 3rem; display: grid; gap: 1rem;
  grid-template-columns: minmax(0, 1fr); }
h1, h2, h3, p, dl, dd, ol, ul { margin: 0; }
h1 { font-size: clamp(1.35rem, 1rem + 1.6vw, 1.9rem); line-height: 1.2; }
h2 { font-size: 1.1rem; line-height: 1.3; margin-bottom: 0.6rem; }
h3 { font-size: 0.95rem; margin: 0 0 0.35rem; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, monospace; font-size: 0.875em; }
pre { margin: 0.4rem 0 0; padding: 0.6rem 0.8rem; background: var(--track); border-radius: 0.4rem; white-space: pre-wrap; }
.soft { color: var(--soft); } .small { font-size: 0.875rem; } .strong { font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .calm { color: var(--calm); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; padding: 1rem clamp(0.8rem, 2vw, 1.25rem); }
.hero { border-left: 0.45rem solid currentColor; }
.hero.good { background: var(--good-paper); } .hero.bad { background: var(--bad-paper); }
.hero.warn { background: var(--warn-paper); } .hero.calm { background: var(--calm-paper); }
.hero p { color: var(--ink); margin-top: 0.35rem; } .hero .where { color: var(--ink); font-size: 0.9rem; }
.pill { display: inline-block; padding: 0 0.5rem; border-radius: 1rem; font-size: 0.8125rem; line-height: 1.5rem; font-weight: 600;
  white-space: nowrap; }
.pill.good { background: var(--good-paper); } .pill.bad { background: var(--bad-paper); } .pill.warn { background: var(--warn-paper); }
.pill.calm { background: var(--calm-paper); } .pill.soft { background: var(--track); color: var(--ink); }
.glance { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 0.9rem 1.75rem; }
.glance dt { color: var(--soft); font-size: 0.8125rem; font-weight: 600; } .glance dd { line-height: 1.4; }
.glance .next { grid-column: 1 / -1; border-top: 1px solid var(--line); padding-top: 0.8rem; }
.problem { border-left: 0.25rem solid var(--bad); padding-left: 0.8rem; break-inside: avoid; } .problem + .problem { margin-top: 0.9rem; }
.problem.solved { border-color: var(--line); }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 1rem 0.4rem 0; } th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: 0.8125rem; color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
tbody th { font-weight: 600; } tbody th.named { min-width: 9.5rem; } tbody tr + tr > * { border-top: 1px solid var(--line); }
td.number { white-space: nowrap; }
.hash { word-break: break-all; }
.gauge { position: relative; height: 0.7rem; min-width: 6rem; background: var(--track); border-radius: 0.2rem; margin-top: 0.4rem; }
.gauge i, .gauge b { position: absolute; top: 0; bottom: 0; border-radius: 0.2rem; }
.gauge i { left: 0; min-width: 3px; background: var(--way); } .gauge.longer i { background: var(--fault); }
.gauge b { left: 0; border-right: 2px solid var(--ink); border-radius: 0; }
.lines { display: grid; gap: 0.1rem 0.75rem; grid-template-columns: fit-content(11rem) minmax(0, 1fr) fit-content(15rem); align-items: center; }
.lines > .line { display: contents; } .lines .name { font-weight: 600; font-size: 0.875rem; }
.lines .end { font-size: 0.8125rem; white-space: nowrap; }
.track { position: relative; height: 1.35rem; background: repeating-linear-gradient(90deg, var(--track) 0 100%); border-radius: 0.2rem; }
.track i { position: absolute; top: 0.2rem; bottom: 0.2rem; min-width: 2px; border-radius: 2px; }
.track .grid { top: 0; bottom: 0; width: 1px; min-width: 1px; background: var(--line); border-radius: 0; }
.before { background: var(--before); } .asked { background: var(--asked); } .way { background: var(--way); }
.fault { background: var(--fault); } .check { background: var(--check); }
.track .open { border-radius: 2px 0 0 2px; border-right: 3px dashed var(--bad); }
.track u { position: absolute; top: 0.3rem; width: 0.75rem; height: 0.75rem; margin-left: -0.375rem; border: 2px solid var(--card);
  border-radius: 50%; }
u.good { background: var(--good); } u.bad { background: var(--bad); border-radius: 1px; rotate: 45deg; }
u.note { background: var(--ink); width: 0.3rem; height: 0.95rem; top: 0.2rem; margin-left: -0.15rem; border-width: 0 1px; border-radius: 0; }
.track .runbook { top: 0; bottom: 0; width: 0; min-width: 0; border-left: 2px dashed var(--ink); border-radius: 0; }
.axis { position: relative; height: 1.3rem; font-size: 0.75rem; color: var(--soft); }
.axis span { position: absolute; translate: -50% 0; white-space: nowrap; } .axis span:first-child { translate: 0 0; }
.axis span:last-child { translate: -100% 0; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; font-size: 0.8125rem; color: var(--soft); margin-top: 0.6rem; padding: 0;
  list-style: none; } .legend li { display: flex; align-items: center; gap: 0.4rem; }
.legend i { display: inline-block; width: 1rem; height: 0.7rem; border-radius: 2px; flex: none; }
.legend u { display: inline-block; width: 0.6rem; height: 0.6rem; border-radius: 50%; flex: none; } .legend u.bad { border-radius: 1px; }
.legend u.note { width: 0.3rem; border: 0; } .legend .runbook { width: 0; height: 0.9rem; border-left: 2px dashed var(--ink); border-radius: 0; }
.destroy + .destroy { border-top: 1px solid var(--line); margin-top: 1.1rem; padding-top: 1rem; }
summary { cursor: pointer; } summary h2, summary h3 { display: inline; } details[open] > summary { margin-bottom: 0.6rem; }
footer { color: var(--soft); font-size: 0.8125rem; }
@media screen and (max-width: 44rem) {
  .lines { display: block; } .lines > .line { display: grid; grid-template: "name end" auto "track track" auto / auto minmax(0, 1fr);
    gap: 0.1rem 0.75rem; margin-top: 0.4rem; align-items: baseline; } .line .track { grid-area: track; } .line .name { grid-area: name; }
  .lines .end { grid-area: end; white-space: normal; text-align: right; } .lines .pad { display: none; }
  table.stacks thead { position: absolute; clip-path: inset(50%); } table.stacks tr { display: block; padding: 0.45rem 0; }
  table.stacks th, table.stacks td { display: inline; border: 0; padding: 0 0.6rem 0 0; } table.stacks tr + tr { border-top: 1px solid var(--line); }
  table.stacks tbody th, table.stacks td.whole { display: block; padding: 0; } table.stacks tr + tr > * { border-top: 0; }
  table.stacks td.number div { display: inline; } table.stacks td[data-is]::before { content: attr(data-is) " "; color: var(--soft); font-size: 0.8125rem; } }
@media print { @page { margin: 14mm; }
  :root { color-scheme: light; --ink: #000; --soft: #444; --page: #fff; --card: #fff; --line: #bbb; --track: #eee; --good: #00501d;
    --good-paper: #fff; --bad: #8a0000; --bad-paper: #fff; --warn: #5a3600; --warn-paper: #fff; --calm: #123a6e; --calm-paper: #fff;
    --before: #aab4c0; --asked: #7fb0ea; --way: #2f6fc4; --fault: #d9534a; --check: #3f9a5e; }
  :root { font-size: 9.5pt; } main { padding: 0; gap: 0.6rem; max-width: none; } .card { break-inside: auto; padding: 0.6rem 0.8rem; }
  h2, h3, thead { break-after: avoid; } tr, .line, .hero, .glance > div { break-inside: avoid; }
  .track, .track *, .gauge, .gauge *, .legend *, .pill { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`,
};
