import type { Context } from "../context.ts";
import type { LabRecord, ModelRecord } from "../record.ts";
import type { Finding } from "../run/event.ts";
import type { Run } from "../run/run-directory.ts";
import { hostGuard } from "./host-guard.ts";
import { listGuard } from "./list-guard.ts";
import { deletionFindings, lookAtMaas, machineFindings, unlistedFindings } from "./maas-guard.ts";
import type { MachineSurroundings } from "./machine-guard.ts";
import { modelGuard } from "./model-guard.ts";

/** What the guards found, and the surroundings in which each machine is judged once more before its release. */
export type Verdict = { findings: Finding[]; around: MachineSurroundings };

/** The machines whose release this run has called for, in whichever destroy. */
const releasesBegun = (run: Run | undefined): Set<string> =>
  new Set(
    run?.journal.events().flatMap((each) => (each.event === "release-called" ? [each.systemId] : [])) ?? [],
  );

// Juju knows its machines by instance id, which is MAAS's system_id; this finds those that MAAS no longer shows under the model.
const machinesInJuju = async (context: Context, model: ModelRecord) => {
  const machines = await context.juju.machines(model.uuid);
  return machines
    .filter(({ instanceId }) => /^[a-z0-9]{6}$/.test(instanceId))
    .map(({ instanceId, hostname, displayName }) => ({
      systemId: instanceId,
      hostname: displayName || hostname,
    }));
};

/**
 * Asks Juju once more which machines are in a model that is about to be destroyed: one may have joined since the guards looked.
 *
 * @returns what must not be destroyed with it
 * @throws TeardownError `juju` when Juju cannot be asked
 */
export const strangersNow = async (
  context: Context,
  lab: LabRecord,
  model: ModelRecord,
): Promise<Finding[]> =>
  unlistedFindings(context, lab, await machinesInJuju(context, model)).filter(
    ({ verdict }) => verdict === "refused",
  );

/**
 * Every guard, asked afresh. Both sides are asked at the same time, and one that is slow or unreachable does not hide what
 * the other one found.
 */
export const askGuards = async (context: Context, lab: LabRecord, run?: Run): Promise<Verdict> => {
  const controller = lab.model?.controller ?? context.settings.jujuController;
  const [juju, maas, inJuju] = await Promise.all([
    modelGuard(context, lab.model, controller),
    lookAtMaas(context, lab, run),
    lab.model ? machinesInJuju(context, lab.model).catch(() => []) : [],
  ]);
  const ofModel = new Map(
    [...inJuju, ...(maas.seen?.ofModel ?? [])].map((machine) => [machine.systemId, machine]),
  );
  const claims = {
    ofModel: new Set(ofModel.keys()),
    begun: releasesBegun(run),
    releaseUnclaimed: context.settings.releaseUnclaimed,
  };
  const list = [
    ...hostGuard(context.settings, context.host),
    ...listGuard(context.settings, lab),
    ...juju.findings,
    ...maas.findings,
    ...deletionFindings(context, lab, maas, juju.models),
    ...machineFindings(context, lab, maas, juju.models, claims),
    ...unlistedFindings(context, lab, [...ofModel.values()]),
  ];
  return {
    findings: list,
    around: {
      settings: context.settings,
      host: context.host,
      model: lab.model,
      liveModels: juju.models && new Set(juju.models.map(({ uuid }) => uuid)),
      vmHosts: maas.seen?.vmHosts ?? new Map(),
      ...claims,
    },
  };
};
