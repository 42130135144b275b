import type { Host } from "../clients/host.ts";
import type { JujuMachine, JujuModel } from "../clients/juju.ts";
import type { MaasMachine } from "../clients/maas.ts";
import { hostMatches, type Settings } from "../config/settings.ts";
import type { Context } from "../context.ts";
import type { LabRecord, MachineRecord, ModelRecord } from "../record.ts";
import type { MaasSurvey, Survey } from "../survey.ts";
import { type Finding, note, ok, refused } from "./finding.ts";
import { judgeMachine, type MachineSurroundings } from "./machine-guard.ts";
import { judgeJuju, wholeOf } from "./model-guard.ts";
import { vmDeletionFixedIn } from "./say.ts";

/** The right host, the right user, and room for the capture. */
const judgeHost = (
  settings: Settings,
  host: Host,
  { root, existing, problem }: Survey["backupRoot"],
): Finding[] => [
  hostMatches(settings.host, host.hostnames[0] ?? host.hostname)
    ? ok({ code: "host", host: host.hostname })
    : refused({ code: "other-host", host: host.hostname, expected: settings.host }),
  host.user === settings.user
    ? ok({ code: "user", user: host.user })
    : refused({ code: "other-user", user: host.user, expected: settings.user }),
  problem === undefined
    ? ok({ code: "backup-root", root })
    : refused({ code: "backup-root-not-writable", root, existing, problem }),
];

/** The machines in the record and those on today's list are the same. */
const judgeList = (settings: Settings, record: LabRecord): Finding[] => {
  const recorded = new Set(record.machines.map(({ hostname }) => hostname));
  const listed = new Set(settings.machines);
  const off = [...recorded].filter((hostname) => !listed.has(hostname));
  const missing = [...listed].filter((hostname) => !recorded.has(hostname));
  return [
    ...off.map((hostname) => refused({ code: "off-list", hostname, machine: hostname })),
    ...missing.map((hostname) => refused({ code: "not-adopted", hostname })),
    ...(off.length + missing.length === 0 ? [ok({ code: "list", machines: listed.size })] : []),
  ];
};

/** A real stack never runs against a simulated MAAS, and vice versa. */
export const judgeSimulation = ({ simulated }: Settings, maas: MaasSurvey): Finding[] => {
  if (maas.simulated === simulated) return [];
  return [refused({ code: maas.simulated ? "maas-simulated" : "maas-real", url: maas.url })];
};

/** MAAS answers, and it is the recorded one. */
export const judgeMaas = (settings: Settings, record: LabRecord, maas: Survey["maas"]): Finding[] => {
  const { url } = maas;
  if (!maas.answered)
    return [refused({ code: "maas-failed", url, said: maas.said, ...(maas.kind && { kind: maas.kind }) })];
  const wrong = judgeSimulation(settings, maas);
  return [
    ...(wrong.length > 0
      ? wrong
      : [ok({ code: "maas", url, username: maas.username, isAdmin: maas.isAdmin })]),
    ...(record.maasUrl && url !== record.maasUrl
      ? [refused({ code: "other-maas", url, expected: record.maasUrl })]
      : []),
  ];
};

/** In what surroundings a survey's machines are judged. */
export const surroundings = (
  { juju, maas, begun }: Survey,
  model: ModelRecord | undefined,
  { releaseUnclaimed }: Settings,
  host: Host,
): MachineSurroundings => ({
  host,
  model,
  liveModels: juju.answered ? new Set(juju.models.map(({ uuid }) => uuid)) : undefined,
  wholeOf: juju.answered ? wholeOf(juju) : undefined,
  vmHosts: maas.answered ? maas.vmHosts : new Map(),
  ofModel: new Set([
    ...(maas.answered ? maas.ofModel : []),
    ...(juju.answered && Array.isArray(juju.machines)
      ? juju.machines.map(({ instanceId }) => instanceId)
      : []),
  ]),
  begun,
  releaseUnclaimed,
});

const judgeRecorded = (
  recorded: MachineRecord,
  maas: MaasSurvey,
  around: MachineSurroundings,
  settings: Settings,
): Finding => {
  const { hostname, systemId } = recorded;
  const about = { hostname, systemId, machine: hostname };
  const seen = maas.machines.find((each) => each.systemId === systemId);
  // What was released in this run and is in other hands now has met its criterion, and is not touched again.
  if (maas.taken.has(systemId)) {
    const { statusName: status, owner } = seen ?? { statusName: "", owner: "" };
    return note({ code: "machine-taken", ...about, status, owner: owner ?? "" });
  }
  if (seen) return judgeMachine(seen, recorded, around);
  const isDeleted = maas.absent.get(systemId) === "vanished";
  if (isDeleted && settings.acceptDeleted.includes(systemId))
    return note({ code: "machine-deleted", ...about });
  const namesake = maas.machines.find((each) => each.hostname === hostname);
  if (namesake) return refused({ code: "machine-replaced", ...about, now: namesake.systemId });
  return refused({ code: isDeleted ? "machine-deleted" : "machine-invisible", ...about });
};

type OfModel = { hostname: string; id: string; inMaas: boolean };

/** Each machine that Juju destroys with a model, as `alsoDestroyed` names it: Juju knows one by its instance id, MAAS's system_id. */
const machinesOfModel = (uuid: string, juju: JujuMachine[], maas: MaasMachine[]): OfModel[] => {
  const known = new Map(
    maas.map(({ hostname, systemId }): [string, OfModel] => [
      systemId,
      { hostname, id: systemId, inMaas: true },
    ]),
  );
  for (const { id, instanceId, hostname, displayName } of juju) {
    const isProvisioned = instanceId !== "" && instanceId !== "pending";
    const name = isProvisioned ? instanceId : `${uuid}:${id}`;
    if (!known.has(name))
      known.set(name, {
        hostname: displayName || hostname,
        id: name,
        inMaas: /^[a-z0-9]{6}$/.test(name),
      });
  }
  return [...known.values()];
};

/** Juju destroys every machine of the model, listed here or not (juju.md 5): none may be a surprise. */
const judgeUnlisted = (settings: Settings, record: LabRecord, ofModel: OfModel[]): Finding[] => {
  // A machine that was adopted and taken off the list since is as unlisted as one that never was on it.
  const listed = new Set(
    record.machines
      .filter(({ hostname }) => settings.machines.includes(hostname))
      .map(({ systemId }) => systemId),
  );
  return ofModel
    .filter(({ id }) => !listed.has(id))
    .map((machine) =>
      settings.alsoDestroyed.includes(machine.id)
        ? note({ code: "unlisted", ...machine })
        : refused({ code: "unlisted", ...machine }),
    );
};

/**
 * Asks Juju once more which machines are in a model that is about to be destroyed: one may have joined since the guards looked.
 *
 * @returns those that are not listed, permitted or refused
 * @throws TeardownError `juju` when Juju cannot be asked
 */
export const unlistedNow = async (
  { juju, settings }: Context,
  record: LabRecord,
  { uuid }: ModelRecord,
): Promise<Finding[]> =>
  judgeUnlisted(settings, record, machinesOfModel(uuid, await juju.machines(uuid), []));

const isVirtual = (machine: MaasMachine) =>
  machine.pod !== null || ["lxd", "virsh"].includes(machine.powerType);

/** Juju 3.6.24 and 4.0.12 delete virtual machines from MAAS instead of releasing them (juju/juju#22691). */
const judgeVmDeletion = (
  settings: Settings,
  models: JujuModel[],
  uuid: string,
  ofModel: MaasMachine[],
): Finding[] => {
  const model = models.find((each) => each.uuid === uuid);
  // The controller's and the model's version counts, not the client's.
  const version = [model, models.find(({ isController }) => isController)]
    .map((each) => each?.agentVersion ?? "")
    .find((each) => each in vmDeletionFixedIn);
  if (!model || !version) return [];
  const machines = ofModel.filter(isVirtual).map(({ hostname }) => hostname);
  if (machines.length === 0) return [ok({ code: "no-vm-deletion", version })];
  const found = { code: "vm-deletion", version, uuid, machines } as const;
  return [settings.acceptVmDeletion.includes(uuid) ? note(found) : refused(found)];
};

/** What would be destroyed with the model. */
const judgeContents = ({ juju, maas }: Survey, record: LabRecord, settings: Settings): Finding[] => {
  const { model } = record;
  if (!model) return [];
  const inMaas = maas.answered ? maas.machines.filter(({ systemId }) => maas.ofModel.has(systemId)) : [];
  const inJuju = juju.answered && Array.isArray(juju.machines) ? juju.machines : [];
  const isAlive = juju.answered && juju.presence?.state === "alive";
  return [
    ...(isAlive && !Array.isArray(juju.machines)
      ? [
          refused({
            code: "machines-not-listed",
            name: model.name,
            uuid: model.uuid,
            said: juju.machines.said,
          }),
        ]
      : []),
    ...judgeUnlisted(settings, record, machinesOfModel(model.uuid, inJuju, inMaas)),
    ...(juju.answered ? judgeVmDeletion(settings, juju.models, model.uuid, inMaas) : []),
  ];
};

/** Every guard: what speaks against tearing down the recorded lab with today's settings, and what is well. Pure. */
export const judge = (survey: Survey, record: LabRecord, settings: Settings, host: Host): Finding[] => {
  const { juju, maas } = survey;
  const around = surroundings(survey, record.model, settings, host);
  return [
    ...judgeHost(settings, host, survey.backupRoot),
    ...judgeList(settings, record),
    ...judgeJuju(juju, record.model, settings),
    ...judgeMaas(settings, record, maas),
    ...(maas.answered
      ? record.machines.map((machine) => judgeRecorded(machine, maas, around, settings))
      : []),
    ...judgeContents(survey, record, settings),
  ];
};
