import type { MaasInventory, MachineView } from "../maas/inventory.ts";

/** What came of the provider's attempt to tear a cloud environment down. */
export type ProviderResult = "done" | "credential refused" | { readonly failed: string };

/** The comment of Juju's releases, seen in MAAS's events. */
export const releaseComment = "Released by Juju MAAS provider";

const isVirtual = ({ pod, powerType }: MachineView): boolean =>
  pod !== null || powerType === "virsh" || powerType === "lxd";

/** Agent versions that delete virtual machines from MAAS (juju/juju#22691). */
const deletingVersions: ReadonlySet<string> = new Set(["3.6.24", "4.0.12"]);

/** True when the controller deletes virtual machines from MAAS in place of releasing them. */
export const deletesVirtualMachines = (setting: boolean | "auto", version: string): boolean =>
  setting === "auto" ? deletingVersions.has(version) : setting;

/**
 * Stops machines as Juju's MAAS provider does: one bulk release; 409 counts as "released already" whatever the
 * reason; 400 and 403 mean that each machine is tried singly, and then ignored. A 403 also means to Juju that its
 * credential was refused, which the caller may take seriously. It does not wait for Ready.
 *
 * @param deletes with juju/juju#22691, virtual machines are deleted first
 */
export const stopMachines = async (
  maas: Pick<MaasInventory, "releaseByJuju" | "deleteByJuju">,
  machines: readonly MachineView[],
  deletes: boolean,
): Promise<ProviderResult> => {
  for (const machine of deletes ? machines.filter(isVirtual) : []) {
    const { status, text } = await maas.deleteByJuju(machine.systemId);
    if (status === 0 || status >= 500) return { failed: text };
  }
  const ids = machines.filter((machine) => !(deletes && isVirtual(machine))).map(({ systemId }) => systemId);
  if (ids.length === 0) return "done";
  const bulk = await maas.releaseByJuju(ids, releaseComment);
  if ((bulk.status >= 200 && bulk.status < 300) || bulk.status === 409) return "done";
  if (bulk.status !== 400 && bulk.status !== 403) return { failed: bulk.text };
  let refused = bulk.status === 403;
  for (const id of ids) {
    const { status, text } = await maas.releaseByJuju([id], releaseComment);
    if (status === 403) refused = true;
    else if ((status === 0 || status >= 300) && status !== 400 && status !== 409) return { failed: text };
  }
  return refused ? "credential refused" : "done";
};
