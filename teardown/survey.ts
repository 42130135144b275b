import { existsSync } from "node:fs";
import { dirname } from "node:path";
import {
  type DisabledCommands,
  type JujuMachine,
  type JujuModel,
  jujuErrorKind,
  lifeOf,
  type Presence,
} from "./clients/juju.ts";
import { type MaasMachine, maasErrorKind } from "./clients/maas.ts";
import type { Context } from "./context.ts";
import { isTaken, machineLook, wasReleased } from "./look.ts";
import { identityOf, type LabRecord, type MachineRecord, type ModelRecord } from "./record.ts";
import { tryWriting } from "./run/files.ts";
import { inHome, type Run } from "./run/run-directory.ts";

/** A side that gave no answer: the kind of the client's error, and its words. */
export type NoAnswer = { answered: false; kind: string | undefined; said: string };

/** What Juju shows of the lab. */
export type JujuSurvey = {
  answered: true;
  /** As it is named, or the current one. */
  controller: string;
  user: string | undefined;
  /** All that this user is shown. */
  models: JujuModel[];
  /** Lines of juju's that nothing explains: a model may be missing because of one. */
  unexplained: string[];
  /** The lab's: by its recorded UUID, else by the name in the settings; several when the name is ambiguous. */
  named: JujuModel[];
  /** Undefined where no model is recorded and none has the name. */
  presence: Presence | undefined;
  machines: JujuMachine[] | NoAnswer;
  /** Undefined when juju does not say. */
  contents: { applications: number; units: number } | undefined;
  disabled: DisabledCommands[];
};

/** What MAAS shows of the lab. */
export type MaasSurvey = {
  answered: true;
  url: string;
  username: string;
  isAdmin: boolean;
  simulated: boolean;
  /** Those on the list, in the record, or in the model. */
  machines: MaasMachine[];
  /** Recorded machines that MAAS does not show, each looked at by its id: that a machine is on no list proves nothing. */
  absent: Map<string, "vanished" | "invisible" | "unknown">;
  /** Recorded machines that were released in this run and are in somebody else's use, or out of sight, now. */
  taken: Set<string>;
  /** The system_ids of the machines that Juju allocated for the model (agent_name). */
  ofModel: Set<string>;
  /** VM hosts by the system_id of the machine that they run on. */
  vmHosts: Map<string, string>;
};

/** One look at everything that is judged, with what it could not see. */
export type Survey = {
  juju: JujuSurvey | NoAnswer;
  maas: MaasSurvey | (NoAnswer & { url: string });
  /** Where captures go: the part of the path that is there, and why it cannot be written to. */
  backupRoot: { root: string; existing: string; problem: string | undefined };
  /** system_ids of the machines whose release this run has called for, in whichever destroy. */
  begun: Set<string>;
};

/** Whether destroy-model would still be called: it touches every machine of the model, whatever else this run has called for. */
export const isModelAlive = ({ juju }: Survey): boolean => juju.answered && juju.presence?.state === "alive";

export type SurveyOptions = {
  /** What was recorded at `up`; without it the lab is looked for by the names in the settings. */
  record?: LabRecord | undefined;
  /** The teardown that has begun. */
  run?: Run | undefined;
  /** Whether the model's applications are counted. */
  contents?: boolean;
  /** How the recorded model is looked for. */
  presence?: (model: ModelRecord) => Promise<Presence>;
};

const noAnswer = (error: unknown): NoAnswer => ({
  answered: false,
  kind: jujuErrorKind(error) ?? maasErrorKind(error),
  said: error instanceof Error ? error.message : String(error),
});

const backupRootOf = (backupRoot: string): Survey["backupRoot"] => {
  const root = inHome(backupRoot);
  let existing = root;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  return { root, existing, problem: tryWriting(existing) };
};

/** Models that have the name of the settings: `owner/name`, or the name alone. */
const withName = (models: JujuModel[], wanted: string): JujuModel[] => {
  const exact = models.filter(({ name }) => name === wanted);
  return exact.length > 0 ? exact : models.filter(({ shortName }) => shortName === wanted);
};

type Found = Pick<JujuSurvey, "models" | "unexplained" | "named" | "presence">;

/** The lab's model by its name, among all that this user is shown. */
const byName = (models: JujuModel[], wanted: string): Pick<JujuSurvey, "named" | "presence"> => {
  const named = withName(models, wanted);
  const [model] = named;
  if (!model || named.length > 1) return { named, presence: undefined };
  return { named, presence: lifeOf(model) };
};

const hasProblem = (seen: Presence | undefined): boolean =>
  (seen?.reasons ?? []).some((reason) => "problem" in reason);

const surveyJuju = async (
  context: Context,
  { record, contents = false, presence }: SurveyOptions,
): Promise<Survey["juju"]> => {
  const { juju, settings } = context;
  const model = record?.model;
  const found = async (): Promise<Found> => {
    const seen = model && (await (presence ?? ((each) => juju.presence(identityOf(each))))(model));
    const own = seen ? undefined : await juju.models(settings.jujuController);
    const models = [...(seen?.models ?? own?.models ?? [])];
    const unexplained = [
      ...(own?.complaints ?? []),
      ...(seen?.reasons ?? []).flatMap((each) => (each.code === "unexplained-line" ? each.lines : [])),
    ];
    // A superuser's own list lacks what he has no grant for, the controller's own model among it (juju.md 9).
    const isWhole = models.some(({ isController }) => isController);
    if (!isWhole && seen?.state !== "gone" && !hasProblem(seen)) {
      const all = await juju
        .models(model?.controller ?? settings.jujuController, { all: true })
        .catch((error: unknown) => {
          if (jujuErrorKind(error) === "forbidden") return { models: [], complaints: [] };
          throw error;
        });
      const known = new Set(models.map(({ uuid }) => uuid));
      models.push(...all.models.filter(({ uuid }) => !known.has(uuid)));
      unexplained.push(...all.complaints.filter((line) => !unexplained.includes(line)));
    }
    return {
      models,
      unexplained,
      ...(seen
        ? { named: seen.model ? [seen.model] : [], presence: seen }
        : byName(models, settings.jujuModel)),
    };
  };
  const machinesOf = (uuid: string) => juju.machines(uuid).catch(noAnswer);
  const disabledOf = (uuid: string) => juju.disabledCommands(uuid).catch(() => []);
  const contentsOf = (uuid: string) => (contents ? juju.status(uuid).catch(() => undefined) : undefined);
  const details = (uuid: string) => Promise.all([machinesOf(uuid), disabledOf(uuid), contentsOf(uuid)]);
  try {
    // What is known by its UUID need not wait until it is found.
    const early = model && details(model.uuid);
    const [who, seen] = await Promise.all([juju.whoami().catch(() => undefined), found()]);
    const failed = seen.presence?.reasons?.find((each) => "problem" in each);
    if (failed && "problem" in failed)
      return { answered: false, kind: failed.problem.kind, said: seen.presence?.why ?? "" };
    const uuid = seen.presence?.model?.uuid;
    const [machines, disabled, status] = (await early) ?? (uuid ? await details(uuid) : [[], []]);
    return {
      answered: true,
      controller:
        model?.controller ??
        (settings.jujuController || seen.models[0]?.controllerName || who?.controller || ""),
      user: who?.user,
      ...seen,
      machines,
      disabled,
      contents: status && { applications: status.applications, units: status.units },
    };
  } catch (error) {
    return noAnswer(error);
  }
};

const surveyMaas = async (
  context: Context,
  { record, run }: SurveyOptions,
  modelUuid: Promise<string | undefined>,
): Promise<Survey["maas"]> => {
  const { settings } = context;
  let url = settings.maasApiUrl || settings.maasProfile;
  try {
    const maas = await context.maas();
    url = maas.url;
    const [who, version, listed, ofModel, vmHosts] = await Promise.all([
      maas.whoami(),
      maas.version(),
      maas.machines({ hostnames: settings.machines }),
      modelUuid.then((uuid) => (uuid ? maas.machines({ agentName: uuid }) : [])),
      maas.vmHosts(),
    ]);
    const machines = new Map([...listed, ...ofModel].map((each) => [each.systemId, each]));
    const recorded = record?.machines ?? [];
    const elsewhere = recorded.filter(({ systemId }) => !machines.has(systemId));
    if (elsewhere.length > 0) {
      const more = await maas.machines({ systemIds: elsewhere.map(({ systemId }) => systemId) });
      for (const each of more) machines.set(each.systemId, each);
    }
    const look = machineLook(context);
    const absent: MaasSurvey["absent"] = new Map();
    const taken = new Set<string>();
    const judged = async (machine: MachineRecord): Promise<void> => {
      const { systemId } = machine;
      const seen = machines.get(systemId) ?? (await look(systemId));
      if (typeof seen === "string") absent.set(systemId, seen);
      else machines.set(systemId, seen);
      if (!run || seen === "vanished" || seen === "unknown") return;
      const isTheirs =
        seen === "invisible"
          ? await wasReleased(context, run, machine)
          : await isTaken(context, run, machine, seen);
      if (isTheirs) taken.add(systemId);
    };
    await Promise.all(recorded.map(judged));
    return {
      answered: true,
      url,
      username: who.username,
      isAdmin: who.isAdmin,
      simulated: version.simulated,
      machines: [...machines.values()],
      absent,
      taken,
      ofModel: new Set(ofModel.map(({ systemId }) => systemId)),
      vmHosts: new Map(
        vmHosts.flatMap(({ name, systemId }) => (systemId ? [[systemId, name] as const] : [])),
      ),
    };
  } catch (error) {
    return { ...noAnswer(error), url };
  }
};

/**
 * Looks at the lab once, at Juju and MAAS at the same time; one that is slow or away does not hide what the other one shows. Never
 * throws, changes nothing. The only look at the whole lab that there is: `up`, previews, the guards of a destroy, and the exit
 * criteria judge what it saw.
 */
export const survey = async (context: Context, options: SurveyOptions = {}): Promise<Survey> => {
  const juju = surveyJuju(context, options);
  const known = options.record?.model?.uuid;
  const modelUuid = known
    ? Promise.resolve(known)
    : juju.then((seen) => (seen.answered ? seen.presence?.model?.uuid : undefined));
  const [seen, maas] = await Promise.all([juju, surveyMaas(context, options, modelUuid)]);
  const begun = new Set(
    options.run?.journal
      .events()
      .flatMap((each) => (each.event === "release-called" ? [each.systemId] : [])) ?? [],
  );
  return { juju: seen, maas, backupRoot: backupRootOf(context.settings.backupRoot), begun };
};
