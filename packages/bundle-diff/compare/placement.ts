import type { PlacementChange } from "../change.ts";
import type { Application } from "../model.ts";
import { placementPerUnit } from "../normalise/placement.ts";

const without = (list: readonly string[], others: readonly string[]): readonly string[] => {
  const left = [...others];
  return list.filter((target) => {
    const twin = left.indexOf(target);
    if (twin === -1) return true;
    left.splice(twin, 1);
    return false;
  });
};

/**
 * Where units go, as a multiset: which unit of an application is on which machine does not matter. The same
 * directives for another number of units are no change of placement; `units` says it.
 */
export const comparePlacement = (
  name: string,
  old: Application,
  current: Application,
): readonly PlacementChange[] => {
  const sameDirectives = old.to.toSorted().join("\n") === current.to.toSorted().join("\n");
  if (sameDirectives && old.units !== current.units) return [];
  const before = placementPerUnit(old.to, old.units);
  const after = placementPerUnit(current.to, current.units);
  const removed = [...without(before, after)].sort();
  const added = [...without(after, before)].sort();
  return removed.length + added.length === 0
    ? []
    : [{ kind: "placement", application: name, removed, added }];
};
