import type { Settings } from "../../teardown/config/settings.ts";
import { type SaidFinding, saidTable } from "../../teardown/guards/say.ts";
import { labTable, machineCells, modelCells } from "../../teardown/preview.ts";
import { indent, oneLine } from "../../teardown/text/table.ts";
import type { Plan } from "./plan.ts";

const verdictLine = (plan: Plan): string => {
  const first = plan.identities === "today" ? "after pulumi up, " : "";
  return plan.wouldGo
    ? `${first}pulumi destroy would go: ${plan.findings.length} guards pass`
    : plan.findings.length === 0
      ? "pulumi up would be refused, so there is nothing yet that pulumi destroy could destroy"
      : `${first}pulumi destroy would be refused`;
};

const notes = (plan: Plan): string[] => [
  plan.identities === "stack"
    ? "identities: as recorded at pulumi up"
    : "identities: the stack has none on record; these are what pulumi up would record today",
  plan.openRun
    ? `run: continues ${plan.openRun.directory}${plan.openRun.destructive ? ", in which something was destroyed already" : ""}`
    : `run: a new run directory in ${plan.backupRoot}`,
  ...(plan.simulated ? ["simulated: nothing in this lab is real"] : []),
];

/** The plan for a terminal. */
export const renderText = (plan: Plan, settings: Settings): string =>
  [
    `${plan.project} / ${plan.stack}, ${plan.at}`,
    ...notes(plan).map((note) => `  ${note}`),
    "",
    labTable(plan.lab, settings),
    "",
    ...(plan.findings.length > 0 ? ["guards", indent(saidTable(plan.findings), 2), ""] : []),
    verdictLine(plan),
    ...plan.why.map((why) => indent(why, 2)),
    "",
  ].join("\n");

// In a table of Markdown a bar ends the cell; `<` and the rest would be markup in most places where it is pasted.
const cell = (text: string): string => oneLine(text).replace(/[\\`*_{}[\]<>|#~!]/g, "\\$&") || " ";
const row = (cells: string[]): string => `| ${cells.map(cell).join(" | ")} |`;
const table = (head: string[], rows: string[][]): string[] => [
  row(head),
  `|${head.map(() => " --- ").join("|")}|`,
  ...rows.map(row),
];

// A fence longer than any run of backticks inside.
const fenced = (text: string): string[] => {
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [fence, text, fence];
};

const refusals = (findings: SaidFinding[]): string[] =>
  findings
    .filter(({ verdict }) => verdict === "refused")
    .flatMap((finding) => [
      `- ${cell(`${finding.guard}: ${finding.subject} ${finding.found}`)}${finding.expected ? `; expected: ${cell(finding.expected)}` : ""}`,
      ...(finding.next ? fenced(finding.next).map((line) => indent(line, 2)) : []),
    ]);

/** The plan for a change ticket. */
export const renderMarkdown = (plan: Plan, settings: Settings): string => {
  const { lab } = plan;
  const { model } = lab;
  return [
    `### Teardown of ${cell(plan.stack)}: what \`pulumi destroy\` affects`,
    "",
    `**${plan.wouldGo ? "Would go" : "Would be refused"}**, as seen ${plan.at}`,
    "",
    ...notes(plan).map((note) => `- ${cell(note)}`),
    `- controller ${cell(lab.controller)}, MAAS ${cell(lab.maasUrl)}`,
    "",
    ...table(
      ["model", "UUID", "life", "applications", "units", "destroy"],
      [model ? modelCells(model) : [settings.jujuModel, "", "gone, or not visible", "", "", ""]],
    ),
    "",
    ...table(
      ["machine", "system_id", "status", "power", "owner", "juju", "destroy"],
      lab.machines.map((machine) => machineCells(machine, settings)),
    ),
    "",
    ...table(
      ["guard", "about", "verdict", "found"],
      plan.findings.map(({ guard, subject, verdict, found }) => [guard, subject, verdict, found]),
    ),
    "",
    ...refusals(plan.findings),
    ...plan.why.map((why) => `- ${cell(why)}`),
    "",
    `Afterwards: ${cell(plan.nextStep)}. There is no undo.`,
    "",
  ].join("\n");
};
