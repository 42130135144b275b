import { moment, outcomeWords, took } from "../../teardown/report/text.ts";
import { aligned, count, indent, oneLine } from "../../teardown/text/table.ts";
import type { Audit, Entry } from "./audit.ts";

const knownWords: Record<Entry["known"], string> = {
  both: "",
  "history only": "",
  "not on this machine": "not on this machine: no run of it in this backup root",
  "engine killed": "no entry in Pulumi's history: the engine was killed",
  "history erased": "Pulumi's history of that time is erased",
  "history unread": "Pulumi's history could not be read",
  "under way": "still under way",
};

const resultOf = ({ outcome, result }: Entry): string =>
  outcome === undefined ? result : `${outcomeWords[outcome].toLowerCase()}${result ? ` (${result})` : ""}`;

const more = ({ what, run, known, problems }: Entry): string[] => [
  what,
  ...(run
    ? [`${run.directory}${run.destroys > 1 ? ` (destroy ${run.destroy} of ${run.destroys})` : ""}`]
    : []),
  ...[knownWords[known]].filter(Boolean),
  ...(run && run.digest !== "" && run.destroy === run.destroys
    ? [`journal.jsonl ends with ${run.digest}`]
    : []),
  ...problems.map(({ what }) => `DOES NOT HOLD: ${what}`),
];

const verdict = ({ problems, entries }: Audit): string =>
  problems.length === 0
    ? `${count(entries.length, "operation")}; every journal and capture on record holds`
    : `${problems.length} ${problems.length === 1 ? "thing does" : "things do"} not hold:`;

/** The audit for a terminal: a line an operation, and beneath it what was destroyed and where the journal is. */
export const renderText = (audit: Audit): string => {
  const [head = "", ...rows] = aligned([
    ["when", "took", "stack", "what", "who", "result", "capture", "why"],
    ...audit.entries.map((entry) => [
      moment(entry.at),
      took(entry.took),
      entry.stack,
      entry.kind,
      entry.user ? `${entry.user}@${entry.host}` : "-",
      resultOf(entry) || "-",
      entry.run?.capture ?? "-",
      entry.why || "-",
    ]),
  ]);
  return [
    ...(audit.entries.length > 0 ? [head] : []),
    ...audit.entries.flatMap((entry, at) => [
      rows[at] ?? "",
      ...more(entry)
        .filter(Boolean)
        .map((line) => indent(oneLine(line), 4)),
    ]),
    ...audit.notes.map((note) => `note: ${oneLine(note)}`),
    verdict(audit),
    ...audit.problems.map(({ where, what }) => indent(oneLine(`${where}: ${what}`), 2)),
    "",
  ].join("\n");
};
