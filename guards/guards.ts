import type { Finding } from "../run/event.ts";
import type { Context } from "../teardown/context.ts";
import type { RecordedLab } from "../teardown/recorded-lab.ts";
import { hostGuard } from "./host-guard.ts";
import { listGuard } from "./list-guard.ts";
import { deletionFindings, lookAtMaas, machineFindings, unlistedFindings } from "./maas-guard.ts";
import { modelGuard } from "./model-guard.ts";

// Juju knows its machines by instance id, which is MAAS's system_id; this finds those that MAAS no longer shows under the model.
const machinesInJuju = async (context: Context, lab: RecordedLab) => {
  if (!lab.model) return [];
  const machines = await context.juju.machines(lab.model.uuid).catch(() => []);
  return machines
    .filter(({ instanceId }) => /^[a-z0-9]{6}$/.test(instanceId))
    .map(({ instanceId, hostname, displayName }) => ({ systemId: instanceId, hostname: displayName || hostname }));
};

/**
 * Every guard, asked afresh. Both sides are asked at the same time, and one that is slow or unreachable does not hide what
 * the other one found.
 */
export const findings = async (context: Context, lab: RecordedLab): Promise<Finding[]> => {
  const controller = lab.model?.controller ?? context.settings.jujuController;
  const [juju, maas, inJuju] = await Promise.all([
    modelGuard(context, lab.model, controller),
    lookAtMaas(context, lab),
    machinesInJuju(context, lab),
  ]);
  const ofModel = new Map([...inJuju, ...(maas.seen?.ofModel ?? [])].map((machine) => [machine.systemId, machine]));
  return [
    ...hostGuard(context.settings, context.host),
    ...listGuard(context.settings, lab),
    ...juju.findings,
    ...maas.findings,
    ...deletionFindings(context, lab, maas, juju.models),
    ...machineFindings(context, lab, maas, juju.models),
    ...unlistedFindings(context, lab, [...ofModel.values()]),
  ];
};
