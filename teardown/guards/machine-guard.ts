import type { Host } from "../clients/host.ts";
import type { MaasMachine } from "../clients/maas.ts";
import { releaseEffect } from "../clients/maas.ts";
import type { MachineRecord, ModelRecord } from "../record.ts";
import { type Finding, ok, refused } from "./finding.ts";

/** What is known around a machine when it is judged. */
export type MachineSurroundings = {
  host: Host;
  model: ModelRecord | undefined;
  /** UUIDs of the models that the controller has now; undefined when it could not be asked. */
  liveModels: ReadonlySet<string> | undefined;
  /** The controller whose models are all among them; undefined when this user may not see all. */
  wholeOf: string | undefined;
  /** VM hosts by the system_id of the machine that they run on. */
  vmHosts: ReadonlyMap<string, string>;
  /** system_ids of the model's machines: what MAAS lists under its agent_name, and Juju's own instance ids. */
  ofModel: ReadonlySet<string>;
  /** system_ids of the machines whose release this run has called for. */
  begun: ReadonlySet<string>;
  /** system_ids that the permission of this name gives. */
  releaseUnclaimed: readonly string[];
};

/** Whether MAAS is in the middle of a release that failed: a failed power-off puts a machine back without its system (maas.md 6). */
const releaseFailed = (machine: MaasMachine): boolean =>
  releaseEffect(machine.status) === "failed-retryable" ||
  (machine.statusName === "Deployed" && machine.osystem === "");

/**
 * Whether a machine that was released since is in somebody else's use now: another model's by its owner_data, or anything but the
 * remains of a failed release. The owner alone proves nothing: it may be the same user's next allocation (maas.md 11).
 */
export const somebodyElses = (machine: MaasMachine, model: ModelRecord | undefined): boolean => {
  const effect = releaseEffect(machine.status);
  if (effect !== "releasable" && effect !== "failed-retryable") return false;
  const its = machine.ownerData["juju-model-uuid"];
  // Where no model is recorded, its owner_data may be that of the model which is gone.
  return its && model ? its !== model.uuid : !releaseFailed(machine);
};

/**
 * Whether a machine is known to be the lab's. Its owner proves nothing: it may be the same user's next allocation. Juju sets
 * owner_data by best effort, and MAAS clears agent_name when a release begins (maas.md 7, 11).
 */
const isClaimed = (machine: MaasMachine, { ofModel, begun }: MachineSurroundings): boolean =>
  machine.ownerData["juju-model-uuid"] !== undefined ||
  ofModel.has(machine.systemId) ||
  (begun.has(machine.systemId) && (releaseFailed(machine) || machine.osystem === ""));

/** Judges a machine that MAAS shows under its recorded system_id. Asked by the guards, and again right before its release. */
export const judgeMachine = (
  machine: MaasMachine,
  recorded: MachineRecord,
  around: MachineSurroundings,
): Finding => {
  const { host, model, liveModels, wholeOf, vmHosts } = around;
  const { hostname, systemId } = recorded;
  const about = { hostname, systemId, machine: hostname };
  const status = machine.statusName;
  const owner = machine.owner ?? "";
  const effect = releaseEffect(machine.status);
  const itsModel = machine.ownerData["juju-model-uuid"];
  const itsController = machine.ownerData["juju-controller-uuid"];

  if (machine.hostname !== hostname)
    return refused({ code: "machine-renamed", ...about, now: machine.hostname });
  if (host.isThisHost({ hostname, fqdn: machine.fqdn, ipAddresses: machine.ipAddresses }))
    return refused({ code: "machine-is-this-host", ...about });
  if (effect === "ready" || effect === "releasing" || effect === "erasing")
    return ok({ code: "machine", ...about, status, owner });
  if (machine.locked) return refused({ code: "machine-locked", ...about });
  if (machine.ownerData["juju-is-controller"] === "true")
    return refused({ code: "machine-is-controllers", ...about });
  if (itsModel && itsModel !== model?.uuid && (model || liveModels === undefined || liveModels.has(itsModel)))
    return refused({ code: "machine-of-other-model", ...about, its: itsModel, expected: model?.uuid ?? "" });
  // Where our model was gone at `up`, another one is taken for gone by the whole list of its own controller only.
  const isUnproven = wholeOf === undefined || (itsController ?? wholeOf) !== wholeOf;
  if (itsModel && !model && isUnproven && !around.releaseUnclaimed.includes(systemId))
    return refused({ code: "machine-of-other-model", ...about, its: itsModel, expected: "", unproven: true });
  if (model && itsController && itsController !== model.controllerUuid) {
    return refused({
      code: "machine-of-other-controller",
      ...about,
      its: itsController,
      expected: model.controllerUuid,
    });
  }
  if (owner !== recorded.owner)
    return refused({ code: "machine-other-owner", ...about, owner, expected: recorded.owner });
  const vmHost = vmHosts.get(systemId);
  if (vmHost) return refused({ code: "machine-hosts-vms", ...about, vmHost });
  if (effect === "not-releasable") return refused({ code: "machine-not-releasable", ...about, status });
  if (!isClaimed(machine, around) && !around.releaseUnclaimed.includes(systemId))
    return refused({ code: "machine-unclaimed", ...about });
  return ok({ code: "machine", ...about, status, owner });
};
