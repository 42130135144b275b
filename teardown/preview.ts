import type { MaasMachine } from "./clients/maas.ts";
import { releaseEffect } from "./clients/maas.ts";
import type { Settings } from "./config/settings.ts";
import type { Finding } from "./guards/finding.ts";
import { findingsTable } from "./guards/say.ts";
import type { LabRecord } from "./record.ts";
import type { Survey } from "./survey.ts";
import { aligned, indent } from "./text/table.ts";

/** A machine, and what `pulumi destroy` does to it. */
export type AffectedMachine = {
  hostname: string;
  systemId: string;
  status: string;
  power: string;
  powerType: string;
  owner: string;
  /** Its id in the Juju model; "" when it is none of the model's. */
  jujuMachine: string;
  listed: boolean;
  /** `wait`: MAAS is releasing it already. `with-model`: it is not listed, and Juju destroys it with the model. */
  onDestroy: "release" | "wait" | "nothing" | "with-model" | "refused";
};

/** The model, and what `pulumi destroy` does to it. */
export type AffectedModel = {
  name: string;
  uuid: string;
  life: string;
  status: string;
  /** Undefined when juju does not say. */
  applications: number | undefined;
  units: number | undefined;
  controller: string;
  controllerUuid: string;
  onDestroy: "destroy" | "wait" | "refused";
};

/** What `pulumi destroy` would affect, and all that its guards find. */
export type Preview = {
  controller: string;
  maasUrl: string;
  model: AffectedModel | undefined;
  machines: AffectedMachine[];
  findings: Finding[];
};

const onDestroy = (machine: MaasMachine, isRefused: boolean): AffectedMachine["onDestroy"] => {
  if (isRefused) return "refused";
  const effect = releaseEffect(machine.status);
  if (effect === "ready") return "nothing";
  return effect === "releasing" || effect === "erasing" ? "wait" : "release";
};

const affectedModel = (
  { juju }: Survey,
  record: LabRecord,
  findings: Finding[],
): AffectedModel | undefined => {
  const seen = juju.answered ? juju.presence?.model : undefined;
  if (!juju.answered || !seen) return undefined;
  const isRefused = findings.some(
    (finding) => finding.verdict === "refused" && "uuid" in finding && finding.uuid === seen.uuid,
  );
  return {
    name: seen.name,
    uuid: seen.uuid,
    life: seen.life,
    status: seen.status,
    applications: juju.contents?.applications,
    units: juju.contents?.units,
    controller: record.model?.controller ?? juju.controller,
    controllerUuid: seen.controllerUuid,
    onDestroy: isRefused ? "refused" : seen.life === "alive" ? "destroy" : "wait",
  };
};

/** What a survey of a recorded lab means to `pulumi destroy`. Pure. */
export const previewOf = (survey: Survey, record: LabRecord, findings: Finding[]): Preview => {
  const { juju, maas } = survey;
  const ids = new Map(
    juju.answered && Array.isArray(juju.machines)
      ? juju.machines.map(({ instanceId, id }) => [instanceId, id] as const)
      : [],
  );
  const refused = new Set(
    findings.flatMap((finding) =>
      finding.verdict !== "refused"
        ? []
        : "systemId" in finding
          ? [finding.systemId]
          : "id" in finding
            ? [finding.id]
            : [],
    ),
  );
  const affected = (machine: MaasMachine, listed: boolean): AffectedMachine => {
    const isRefused = refused.has(machine.systemId);
    return {
      hostname: machine.hostname,
      systemId: machine.systemId,
      status: machine.statusName,
      power: machine.powerState,
      powerType: machine.powerType,
      owner: machine.owner ?? "",
      jujuMachine: ids.get(machine.systemId) ?? "",
      listed,
      onDestroy: listed ? onDestroy(machine, isRefused) : isRefused ? "refused" : "with-model",
    };
  };
  const machines = maas.answered ? maas.machines : [];
  const recorded = new Set(record.machines.map(({ systemId }) => systemId));
  return {
    controller: record.model?.controller ?? (juju.answered ? juju.controller : ""),
    maasUrl: maas.url,
    model: affectedModel(survey, record, findings),
    machines: [
      ...record.machines.flatMap(({ systemId }) => {
        const machine = machines.find((each) => each.systemId === systemId);
        return machine ? [affected(machine, true)] : [];
      }),
      ...machines
        .filter(({ systemId }) => !recorded.has(systemId) && maas.answered && maas.ofModel.has(systemId))
        .map((machine) => affected(machine, false)),
    ],
    findings,
  };
};

export const modelWords: Record<AffectedModel["onDestroy"], string> = {
  destroy: "captured, then destroyed by force",
  wait: "followed until it is gone",
  refused: "REFUSED",
};

/** What a destroy does to a machine, in words. */
export const machineWords = (
  { onDestroy, listed }: AffectedMachine,
  { erase }: Pick<Settings, "erase">,
): string => {
  switch (onDestroy) {
    case "release":
      return erase === "none" ? "released" : `released, disks erased (${erase})`;
    case "wait":
      return "waited for until Ready";
    case "nothing":
      return "nothing: Ready already";
    case "with-model":
      return "NOT LISTED: Juju destroys it with the model";
    case "refused":
      return listed ? "REFUSED" : "REFUSED: not listed";
  }
};

/** A count that juju may not have given. */
const number = (value: number | undefined): string => (value === undefined ? "unknown" : String(value));

/** A model's cells: its name, UUID, life, applications, units, and what a destroy does to it. */
export const modelCells = (model: AffectedModel): string[] => [
  model.name,
  model.uuid,
  model.life,
  number(model.applications),
  number(model.units),
  modelWords[model.onDestroy],
];

/** A machine's cells: its hostname, system_id, status, power, owner, Juju's id, and what a destroy does to it. */
export const machineCells = (machine: AffectedMachine, settings: Pick<Settings, "erase">): string[] => [
  machine.hostname,
  machine.systemId,
  machine.status,
  machine.power,
  machine.owner || "-",
  machine.jujuMachine || "-",
  machineWords(machine, settings),
];

/** What a destroy affects: one aligned line a machine and one for the model. */
export const labTable = (preview: Preview, settings: Settings): string => {
  const { model } = preview;
  const modelLines = model
    ? aligned([["model", "uuid", "life", "applications", "units", "destroy"], modelCells(model)])
    : [`model ${settings.jujuModel}: gone, or not visible`];
  const machines = aligned([
    ["machine", "system_id", "status", "power", "owner", "juju", "destroy"],
    ...preview.machines.map((machine) => machineCells(machine, settings)),
  ]);
  return [
    `what \`pulumi destroy\` affects (controller ${preview.controller}, MAAS ${preview.maasUrl})`,
    ...modelLines.map((line) => `  ${line}`),
    "",
    ...machines.map((line) => `  ${line}`),
  ].join("\n");
};

/** What a destroy affects, and what its guards have to say but "ok". */
export const previewTable = (preview: Preview, settings: Settings): string => {
  const worthKnowing = preview.findings.filter(({ verdict }) => verdict !== "ok");
  return [
    labTable(preview, settings),
    ...(worthKnowing.length > 0 ? ["", indent(findingsTable(worthKnowing, settings), 2)] : []),
  ].join("\n");
};
