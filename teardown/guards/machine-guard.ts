import type { Host } from "../clients/host.ts";
import type { MaasMachine } from "../clients/maas.ts";
import { releaseEffect } from "../clients/maas.ts";
import { permit } from "../config/permissions.ts";
import type { Settings } from "../config/settings.ts";
import type { MachineRecord, ModelRecord } from "../record.ts";
import type { Finding } from "../run/event.ts";
import { note, ok, refused } from "./finding.ts";

/** What is known around a machine when it is judged. */
export type MachineSurroundings = {
  settings: Settings;
  host: Host;
  model: ModelRecord | undefined;
  /** UUIDs of the models that the controller has now; undefined when it could not be asked. */
  liveModels: ReadonlySet<string> | undefined;
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

const profile = (settings: Settings) => settings.maasProfile || "<profile>";

/** Judges a machine that MAAS shows under its recorded system_id. Asked by the guards, and again right before its release. */
export const judgeMachine = (
  machine: MaasMachine,
  recorded: MachineRecord,
  around: MachineSurroundings,
): Finding => {
  const { settings, host, model, liveModels, vmHosts } = around;
  const subject = `${recorded.hostname} ${recorded.systemId}`;
  const scope = { machine: recorded.hostname };
  const no = (found: string, expected: string, next: string) =>
    refused("machine", subject, found, { ...scope, expected, next });
  const effect = releaseEffect(machine.status);

  if (machine.hostname !== recorded.hostname) {
    return no(
      `is called ${machine.hostname} now`,
      `the hostname recorded at \`up\`: ${recorded.hostname}`,
      "check which machine this is; put today's name on the list `machines`, then: pulumi up",
    );
  }
  if (host.isThisHost({ hostname: machine.hostname, fqdn: machine.fqdn, ipAddresses: machine.ipAddresses })) {
    return no(
      "is the host that this runs on",
      "a machine of the lab",
      "take it off the list `machines`, then: pulumi up",
    );
  }
  if (effect === "ready") return ok("machine", subject, "Ready already");
  if (effect === "releasing" || effect === "erasing")
    return ok("machine", subject, `${machine.statusName} already`);
  if (machine.locked) {
    return no(
      "is locked",
      "an unlocked machine",
      `maas ${profile(settings)} machine unlock ${recorded.systemId}   # then: pulumi destroy`,
    );
  }
  const itsModel = machine.ownerData["juju-model-uuid"];
  if (machine.ownerData["juju-is-controller"] === "true") {
    return no(
      "is a Juju controller's machine",
      "a machine of the lab",
      "take it off the list `machines`, then: pulumi up",
    );
  }
  if (
    itsModel &&
    itsModel !== model?.uuid &&
    (model || liveModels === undefined || liveModels.has(itsModel))
  ) {
    return no(
      `belongs to another Juju model now: ${itsModel}`,
      model ? `model ${model.uuid}` : "no model, or one that is gone",
      "find out who uses it; take it off the list `machines`, then: pulumi up",
    );
  }
  const itsController = machine.ownerData["juju-controller-uuid"];
  if (model && itsController && itsController !== model.controllerUuid) {
    return no(
      `belongs to another Juju controller: ${itsController}`,
      `controller ${model.controllerUuid}`,
      "find out who uses it; if the model was migrated: pulumi up",
    );
  }
  if ((machine.owner ?? "") !== recorded.owner) {
    return no(
      `is owned by ${machine.owner ?? "nobody"} now`,
      `owner ${recorded.owner || "nobody"}, as recorded at \`up\``,
      "find out who uses it; when it is still the lab's: pulumi up",
    );
  }
  const vmHost = vmHosts.get(recorded.systemId);
  if (vmHost) {
    return no(
      `hosts virtual machines (VM host ${vmHost})`,
      "a machine that hosts none",
      `remove the VM host ${vmHost} in MAAS first, then: pulumi destroy`,
    );
  }
  if (effect === "not-releasable") {
    return no(
      `is ${machine.statusName}, and MAAS does not release from there`,
      "a machine that can be released or is Ready",
      `bring it to Ready in MAAS (machine ${recorded.systemId}), then: pulumi destroy`,
    );
  }
  if (!isClaimed(machine, around) && !around.releaseUnclaimed.includes(recorded.systemId)) {
    return no(
      "is not known to be the model's: no owner_data, and neither MAAS nor Juju lists it under the model",
      "a machine of the model",
      `if it is the lab's: ${permit(settings, "releaseUnclaimed", [recorded.systemId])}`,
    );
  }
  return ok("machine", subject, `${machine.statusName}, owned by ${machine.owner ?? "nobody"}, unlocked`);
};

/**
 * Judges a machine that MAAS no longer shows under its recorded system_id.
 *
 * @param absent the system_ids of all such machines
 */
export const judgeAbsent = (
  recorded: MachineRecord,
  namesake: MaasMachine | undefined,
  settings: Settings,
  absent: readonly string[] = [recorded.systemId],
): Finding => {
  const subject = `${recorded.hostname} ${recorded.systemId}`;
  const scope = { machine: recorded.hostname };
  if (settings.acceptDeleted.includes(recorded.systemId))
    return note("machine", subject, "deleted from MAAS, accepted", scope);
  if (namesake) {
    return refused(
      "machine",
      subject,
      `is another machine now: ${namesake.systemId}; the lab was rebuilt since \`up\``,
      {
        ...scope,
        expected: `system_id ${recorded.systemId}`,
        next: "pulumi up   # records today's lab; then: pulumi preview",
      },
    );
  }
  return refused("machine", subject, "is no longer in MAAS", {
    ...scope,
    expected: "the machine recorded at `up`",
    next: `${permit(settings, "acceptDeleted", absent)}   # accepts it as deleted`,
  });
};
