import { isDeepStrictEqual } from "node:util";
import { adoption } from "../../teardown/adopt.ts";
import type { Context } from "../../teardown/context.ts";
import { confirmGone } from "../../teardown/destroy-model.ts";
import { TeardownError } from "../../teardown/errors.ts";
import { alsoDestroyed, judgeExit } from "../../teardown/exit-criteria.ts";
import type { LabRecord } from "../../teardown/record.ts";
import type { Criterion } from "../../teardown/run/event.ts";
import type { Run } from "../../teardown/run/run-directory.ts";
import { type Survey, survey } from "../../teardown/survey.ts";

/** The exit criteria, as a fresh look shows them. */
export type Verification = {
  v: 1;
  at: string;
  project: string;
  stack: string;
  simulated: boolean;
  met: boolean;
  /** Where it is from, which model and machines are meant: the newest run, what the stack has on record, or the names in its settings. */
  identities: "run" | "stack" | "names";
  /** The run directory. */
  run?: string;
  controller: { name: string; uuid: string };
  /** Undefined when no UUID of it was ever known. */
  model: { name: string; uuid: string } | undefined;
  maasUrl: string;
  criteria: Criterion[];
};

/** What the exit criteria are asked of. */
export type Known =
  | { identities: "run"; run: Run }
  | { identities: "stack"; record: LabRecord }
  | { identities: "names" };

/** The newest run, unless the stack holds another lab by now; else what the stack has on record. */
export const knownBy = (run: Run | undefined, record: LabRecord | undefined): Known => {
  if (run && (!record || isDeepStrictEqual(record, run.lab))) return { identities: "run", run };
  return record ? { identities: "stack", record } : { identities: "names" };
};

/** Whether a controller holds a model of the name in the settings; that it holds none is believed of a whole list only. */
const modelByName = (
  { juju }: Survey,
  { jujuModel: name }: Context["settings"],
  isEnough: boolean,
): Criterion => {
  const subject = `model ${name}`;
  if (!juju.answered) return { met: false, subject, found: juju.said.split("\n")[0] ?? "" };
  const { controller, named, models, unexplained } = juju;
  if (named.length > 0) {
    const found = named.map(({ name, uuid, life }) => `${name} ${uuid} is ${life}`).join("; ");
    return { met: false, subject, found, next: "pulumi up   # adopts it; then: pulumi destroy" };
  }
  if (unexplained.length > 0 || !models.some(({ isController }) => isController)) {
    const why = unexplained.length > 0 ? unexplained.join("; ") : "this user does not see all models";
    return {
      met: false,
      subject,
      found: `is not in the list of ${controller}, which need not be whole: ${why}`,
    };
  }
  return isEnough
    ? { met: true, subject, found: `there is no model of this name on ${controller}` }
    : {
        met: false,
        subject,
        found: `was never seen here, and there is none of this name on ${controller}`,
        next: "if its name and controller are right: openstack-lab verify --by-name",
      };
};

/**
 * Looks whether the model is gone from its controller and every machine is Ready. Changes nothing, and writes nothing.
 *
 * @param byName whether it is enough that no model has the name, where its UUID was never recorded
 * @throws TeardownError `config` when only names are known, and not of which controller
 */
export const verify = async (options: {
  context: Context;
  project: string;
  stack: string;
  known: Known;
  byName: boolean;
  now?: () => number;
}): Promise<Verification> => {
  const { context, project, stack, known, byName, now = Date.now } = options;
  const { settings } = context;
  if (known.identities === "names" && settings.jujuController === "") {
    throw new TeardownError(
      "config",
      "this lab was never adopted here, so only names say what it is, and they do not say of which controller\npulumi config set jujuController <controller>   # juju controllers",
    );
  }
  const run = known.identities === "run" ? known.run : undefined;
  const recorded = known.identities === "stack" ? known.record : run?.lab;
  const whole = recorded && run && { ...recorded, machines: [...recorded.machines, ...alsoDestroyed(run)] };
  const record = whole ?? recorded;
  const seen = await survey(context, {
    record,
    run,
    presence: (model) => confirmGone(context, model, run),
  });
  const today = record ?? adoption(seen, settings, undefined).record;
  const [ofModel, ...ofMachines] = judgeExit(seen, today, settings);
  const missing = settings.machines
    .filter(
      (hostname) =>
        !record && seen.maas.answered && !today.machines.some((each) => each.hostname === hostname),
    )
    .map(
      (hostname): Criterion => ({
        met: false,
        subject: `machine ${hostname}`,
        found: "is not in MAAS, or not visible",
      }),
    );
  // A lab that was adopted without its model was adopted as one whose model is gone.
  const model =
    record?.model && ofModel ? ofModel : modelByName(seen, settings, byName || record !== undefined);
  const criteria = [model, ...ofMachines, ...missing];
  const models = seen.juju.answered ? seen.juju.models : [];
  return {
    v: 1,
    at: new Date(now()).toISOString(),
    project,
    stack,
    simulated: settings.simulated,
    met: criteria.every(({ met }) => met),
    identities: known.identities,
    ...(run && { run: run.directory }),
    controller: {
      name: today.model?.controller ?? settings.jujuController,
      uuid: today.model?.controllerUuid ?? models[0]?.controllerUuid ?? "",
    },
    model: today.model && { name: today.model.name, uuid: today.model.uuid },
    maasUrl: seen.maas.url,
    criteria,
  };
};
