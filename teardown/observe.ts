import type { JujuMachine, JujuModel } from "./clients/juju.ts";
import type { MaasMachine } from "./clients/maas.ts";
import { releaseEffect } from "./clients/maas.ts";
import type { Context } from "./context.ts";
import { simulationFinding } from "./guards/maas-guard.ts";
import { judgeMachine } from "./guards/machine-guard.ts";
import { judgeModel } from "./guards/model-guard.ts";
import type { Finding } from "./run/event.ts";

/** A machine as a preview shows it. */
export type SeenMachine = {
  hostname: string;
  systemId: string;
  status: string;
  power: string;
  powerType: string;
  owner: string;
  /** Its id in the Juju model; "" when it is none of the model's. */
  jujuMachine: string;
  listed: boolean;
  /** What `pulumi destroy` will do to it. */
  fate: string;
};

/** The model as a preview shows it. */
export type SeenModel = {
  name: string;
  uuid: string;
  life: string;
  status: string;
  applications: number;
  units: number;
  controller: string;
  controllerUuid: string;
  fate: string;
};

/** Today's lab, by the names in the configuration. What could not be found is among the problems. */
export type SeenLab = {
  model: SeenModel | undefined;
  machines: SeenMachine[];
  maasUrl: string;
  controller: string;
  /** Missing or ambiguous things: each with what was expected and what to do. */
  problems: Problem[];
};
export type Problem = { subject: string; hostname?: string; model?: true; found: string; next: string };

const adoptPartially =
  "if its model is gone and what is left of the lab is to be adopted: pulumi config set adoptPartial gone && pulumi up";

const findModel = (models: JujuModel[], wanted: string): JujuModel[] => {
  const exact = models.filter(({ name }) => name === wanted);
  return exact.length > 0 ? exact : models.filter(({ shortName }) => shortName === wanted);
};

/** Whether all is looked at that a preview shows, or only what identifies the lab. */
type Depth = "all" | "identities";

const lookAtJuju = async (context: Context, problems: Problem[], depth: Depth) => {
  const { juju, settings } = context;
  const { models, complaints } = await juju.models(settings.jujuController);
  // Each question is a process: the current controller, which is meant when none is named, is named by its models.
  const controller =
    settings.jujuController || models[0]?.controllerName || (await juju.whoami())?.controller || "";
  const found = findModel(models, settings.jujuModel);
  const subject = `model ${settings.jujuModel}`;
  const [model] = found;
  if (found.length > 1) {
    problems.push({
      subject,
      model: true,
      found: `is ambiguous: ${found.map(({ name }) => name).join(", ")}`,
      next: "pulumi config set jujuModel <owner>/<model>",
    });
  } else if (!model) {
    problems.push({
      subject,
      model: true,
      found: complaints.length
        ? `cannot be seen: ${complaints.join("; ")}`
        : `is not on the controller ${controller}`,
      next: `look: juju models -c ${controller}; ${adoptPartially}`,
    });
  } else if (model.isController) {
    problems.push({
      subject,
      found: "is the controller's own model; it is never destroyed",
      next: "pulumi config set jujuModel <model>",
    });
  }
  const ours = found.length === 1 && !model?.isController ? model : undefined;
  if (!ours || depth === "identities")
    return { controller, models, model: ours, status: undefined, machines: [], inMaas: [] };
  const maas = await context.maas();
  const [status, inMaas] = await Promise.all([
    juju.status(`${controller}:${ours.name}`).catch(() => undefined),
    maas.machines({ agentName: ours.uuid }),
  ]);
  return { controller, models, model: ours, status, machines: status?.machines ?? [], inMaas };
};

const fateOfModel = (
  model: JujuModel,
  recorded: { name: string; uuid: string; controller: string; controllerUuid: string },
): string => {
  const verdict = judgeModel(model, recorded);
  if (verdict.verdict === "refused") return `REFUSED: ${verdict.found}`;
  return model.life === "alive" ? "captured, then destroyed by force" : "followed until it is gone";
};

const fateOfMachine = (context: Context, machine: MaasMachine, verdict: Finding, listed: boolean): string => {
  if (!listed) {
    return context.settings.alsoDestroyed.includes(machine.systemId)
      ? "NOT LISTED: Juju destroys it with the model (alsoDestroyed)"
      : "NOT LISTED: Juju would destroy it with the model; refused";
  }
  if (verdict.verdict === "refused") return `REFUSED: ${verdict.found}`;
  const effect = releaseEffect(machine.status);
  if (effect === "ready") return "nothing: Ready already";
  if (effect === "releasing" || effect === "erasing") return "waited for until Ready";
  const { erase } = context.settings;
  return erase === "none" ? "released" : `released, disks erased (${erase})`;
};

/**
 * Looks at today's lab: one Juju status and one list of machines, whatever their number. Changes nothing.
 *
 * @param depth "identities" leaves out what only a preview shows: the model's contents, unlisted machines, VM hosts
 */
export const observeLab = async (context: Context, depth: Depth = "all"): Promise<SeenLab> => {
  const { settings } = context;
  const problems: Problem[] = [];
  const maas = await context.maas();
  const [juju, byName, version, vmHosts] = await Promise.all([
    lookAtJuju(context, problems, depth),
    maas.machines({ hostnames: settings.machines }),
    maas.version(),
    depth === "all" ? maas.vmHosts().catch(() => []) : [],
  ]);
  const wrongKind = simulationFinding(context, version.simulated, maas.url);
  if (wrongKind)
    problems.push({ subject: `MAAS ${maas.url}`, found: wrongKind.found, next: wrongKind.next ?? "" });
  const { model, status, controller } = juju;

  const listed = new Map(byName.map((machine) => [machine.hostname, machine]));
  for (const hostname of settings.machines) {
    if (listed.has(hostname)) continue;
    const profile = settings.maasProfile || "<profile>";
    problems.push({
      subject: `machine ${hostname}`,
      hostname,
      found: "is not in MAAS (or not visible to this API key)",
      next: `look: maas ${profile} machines read hostname=${hostname}; if it is no longer the lab's, take it off the list \`machines\``,
    });
  }
  for (const { hostname, systemId, ownerData } of byName) {
    const its = ownerData["juju-model-uuid"];
    if (!model || !its || its === model.uuid) continue;
    problems.push({
      subject: `machine ${hostname} ${systemId}`,
      hostname,
      found: `belongs to another Juju model: ${its}`,
      next: "take it off the list `machines`, or correct `jujuModel`; then: pulumi up",
    });
  }
  const recordedModel = model && {
    name: model.name,
    uuid: model.uuid,
    controller,
    controllerUuid: model.controllerUuid,
  };
  const jujuIds = new Map(juju.machines.map((machine: JujuMachine) => [machine.instanceId, machine.id]));
  const around = {
    settings,
    host: context.host,
    model: recordedModel,
    liveModels: new Set(juju.models.map(({ uuid }) => uuid)),
    vmHosts: new Map(vmHosts.flatMap(({ name, systemId }) => (systemId ? [[systemId, name] as const] : []))),
    ofModel: new Set([...jujuIds.keys(), ...juju.inMaas.map(({ systemId }) => systemId)]),
    begun: new Set<string>(),
    releaseUnclaimed: settings.releaseUnclaimed,
  };
  const seen = (machine: MaasMachine, isListed: boolean): SeenMachine => {
    const recorded = {
      hostname: machine.hostname,
      systemId: machine.systemId,
      owner: machine.owner ?? "",
    };
    return {
      ...recorded,
      powerType: machine.powerType,
      status: machine.statusName,
      power: machine.powerState,
      jujuMachine: jujuIds.get(machine.systemId) ?? "",
      listed: isListed,
      fate: fateOfMachine(context, machine, judgeMachine(machine, recorded, around), isListed),
    };
  };
  const unlisted = juju.inMaas.filter(({ hostname }) => !settings.machines.includes(hostname));
  return {
    controller,
    maasUrl: maas.url,
    model: model &&
      recordedModel && {
        ...recordedModel,
        life: model.life,
        status: model.status,
        applications: status?.applications ?? 0,
        units: status?.units ?? 0,
        fate: fateOfModel(model, recordedModel),
      },
    machines: [
      ...settings.machines.flatMap((hostname) => {
        const machine = listed.get(hostname);
        return machine ? [seen(machine, true)] : [];
      }),
      ...unlisted.map((machine) => seen(machine, false)),
    ],
    problems,
  };
};
