import type { Relation, RelationEnd } from "../model.ts";

const parseEnd = (text: string): RelationEnd => {
  const [application = "", ...endpoint] = text.split(":");
  return { application, endpoint: endpoint.length === 0 ? undefined : endpoint.join(":") };
};

/** An end as bundles write it, `keystone:identity-service`. */
export const endText = ({ application, endpoint }: RelationEnd): string =>
  endpoint === undefined ? application : `${application}:${endpoint}`;

/** A key that is the same for both orders of a pair. NUL cannot stand in YAML, so it separates safely. */
export const relationKey = (relation: Relation): string => relation.map(endText).join("\0");

/** Code-unit order of application, then endpoint. Juju's own two orders differ for `cinder`/`cinder-ceph`. */
const compareEnds = (a: RelationEnd, b: RelationEnd): number => {
  if (a.application !== b.application) return a.application < b.application ? -1 : 1;
  return (a.endpoint ?? "") < (b.endpoint ?? "") ? -1 : 1;
};

/** Relations as a set of unordered pairs; the old `[a, [b, c]]` form stands for one pair each. */
export const normaliseRelations = (
  relations: ReadonlyArray<readonly (readonly string[])[]>,
): readonly Relation[] => {
  const pairs = new Map<string, Relation>();
  for (const [left = [], right = []] of relations)
    for (const one of left)
      for (const other of right) {
        const a = parseEnd(one);
        const b = parseEnd(other);
        const pair: Relation = compareEnds(a, b) <= 0 ? [a, b] : [b, a];
        pairs.set(relationKey(pair), pair);
      }
  return [...pairs.values()];
};
