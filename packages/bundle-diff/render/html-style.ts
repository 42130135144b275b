/** The page's style: light and dark by the reader's setting, narrow and wide, and on paper. */
export const style = `
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
  td:has(pre) { display: block; } tr + tr > * { border-top: 0; }
  tr + tr { border-top: 1px solid var(--line); margin-top: 0.3rem; padding-top: 0.3rem; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --card: #fff; --line: #bbb;
  --old: #8a0000; --old-paper: #fff; --new: #00501d; --new-paper: #fff; --warn: #000; --warn-paper: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; } del { text-decoration: line-through; }
  h2, h3 { break-after: avoid; } }
`;
