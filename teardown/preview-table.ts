import type { SeenLab } from "./observe.ts";
import { aligned, indent } from "./text/table.ts";

/** What a destroy would hit: one aligned line a machine and one for the model, then what is wrong. */
export const previewTable = (lab: SeenLab, wanted: { jujuModel: string }): string => {
  const { model } = lab;
  const modelLine = model
    ? aligned([
        ["model", "uuid", "life", "applications", "units", "destroy"],
        [model.name, model.uuid, model.life, String(model.applications), String(model.units), model.fate],
      ])
    : [`model ${wanted.jujuModel}: gone, or not to be seen`];
  const machines = aligned([
    ["machine", "system_id", "status", "power", "owner", "juju", "destroy"],
    ...lab.machines.map((machine) => [
      machine.hostname,
      machine.systemId,
      machine.status,
      machine.power,
      machine.owner || "-",
      machine.jujuMachine || "-",
      machine.fate,
    ]),
  ]);
  return [
    `what \`pulumi destroy\` would hit (controller ${lab.controller}, MAAS ${lab.maasUrl})`,
    ...modelLine.map((line) => `  ${line}`),
    "",
    ...machines.map((line) => `  ${line}`),
    ...lab.problems.flatMap(({ subject, found, next }) => [`  ${subject} ${found}`, indent(next, 6)]),
  ].join("\n");
};
