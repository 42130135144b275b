import { answers } from "./answers.ts";
import { powerOnForErase, startErase } from "./erase.ts";
import { type PowerOff, takeFault } from "./faults.ts";
import type { Region, User } from "./region.ts";
import { noteRelease, startRelease } from "./release.ts";
import { ok, type Reply } from "./reply.ts";
import { releasable } from "./statuses.ts";
import { mayEdit } from "./users.ts";

/**
 * Releases several machines, all or none: any that is unknown, not yours, locked, or in the wrong state refuses the
 * whole request. A machine that is Releasing already is in the wrong state here; one that is Ready is passed over.
 * When one power-off fails, the others are called off, and all fall back.
 */
export const bulkRelease = async (
  region: Region,
  user: User,
  ids: readonly string[],
  comment: string | null,
): Promise<Reply> => {
  const wanted = [...new Set(ids)];
  // In the order of the database, not of the request.
  const machines = [...region.machines.values()].filter(({ systemId }) => wanted.includes(systemId));
  if (machines.length < wanted.length)
    return answers.bulkUnknown(wanted.filter((id) => !region.machines.has(id)));
  const forbidden = machines.filter((machine) => !mayEdit(user, machine));
  if (forbidden.length > 0) return answers.bulkForbidden(forbidden.map(({ systemId }) => systemId));
  const started = machines.filter(({ status }) => status !== "Ready");
  const wrong = started.filter(({ status }) => !releasable.has(status));
  if (wrong.length > 0) return answers.bulkNotReleasable(wrong);
  const hosts = started.map(({ hostsVms }) => hostsVms).filter((name) => name !== null);
  if (hosts.length > 0) return answers.hostsVms(hosts);
  const conflicting = started.find(({ faults }) =>
    faults.some(({ answer, times }) => answer === "conflict-retry" && times > 0),
  );
  if (conflicting) return takeFault(conflicting, "refuses")?.does(conflicting) ?? answers.conflict();
  const off = new AbortController();
  const powerOffs = started.map(async (machine): Promise<PowerOff> => {
    noteRelease(region, machine, user, comment);
    if (region.settings.eraseOnRelease) {
      startErase(region, machine);
      powerOnForErase(machine);
      return {};
    }
    const outcome = await startRelease(region, machine, { signal: off.signal });
    if (outcome.failed) off.abort();
    return outcome;
  });
  const failures = (await Promise.all(powerOffs))
    .map(({ failed }) => failed)
    .filter((failed) => failed !== undefined);
  return failures[0] ?? ok(started.map(({ systemId }) => systemId));
};
