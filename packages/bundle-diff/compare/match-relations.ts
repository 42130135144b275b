import type { Relation, RelationEnd } from "../model.ts";
import { endText, relationKey } from "../normalise/relations.ts";

export const relationText = (relation: Relation): string => relation.map(endText).join(" - ");

const endsAgree = (a: RelationEnd, b: RelationEnd): boolean =>
  a.application === b.application &&
  (a.endpoint === undefined || b.endpoint === undefined || a.endpoint === b.endpoint);

/** Whether two relations may be one: endpoints that are left out agree with any. */
const mayBeSame = ([a, b]: Relation, [c, d]: Relation): boolean =>
  (endsAgree(a, c) && endsAgree(b, d)) || (endsAgree(a, d) && endsAgree(b, c));

const isBare = (relation: Relation): boolean => relation.some(({ endpoint }) => endpoint === undefined);

/**
 * The relations that only one bundle has. Exact matches go first; what is left may match where either side
 * leaves out an endpoint, each relation once.
 */
export const unmatchedRelations = (
  old: readonly Relation[],
  current: readonly Relation[],
): { readonly removed: readonly Relation[]; readonly added: readonly Relation[] } => {
  const oldKeys = new Set(old.map(relationKey));
  const newKeys = new Set(current.map(relationKey));
  const added = current.filter((relation) => !oldKeys.has(relationKey(relation)));
  const removed = old.filter((relation) => {
    if (newKeys.has(relationKey(relation))) return false;
    const twin = added.findIndex(
      (candidate) => (isBare(relation) || isBare(candidate)) && mayBeSame(relation, candidate),
    );
    if (twin === -1) return true;
    added.splice(twin, 1);
    return false;
  });
  return { removed, added };
};
