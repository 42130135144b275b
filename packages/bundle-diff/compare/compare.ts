import type { Change, Note } from "../change.ts";
import { createMask, type Mask } from "../mask.ts";
import type { Bundle, Relation } from "../model.ts";
import { compareApplication } from "./application.ts";
import { differences } from "./compare-maps.ts";
import { applicationContents, machineContents } from "./contents.ts";
import { matchMachines, renumberMachines } from "./match-machines.ts";
import { relationText, unmatchedRelations } from "./match-relations.ts";

export type Comparison = {
  readonly changes: readonly Change[];
  readonly notes: readonly Note[];
  /** Old machine number -> new one, where they differ. */
  readonly renumbered: ReadonlyMap<string, string>;
};

const touches = (relation: Relation, application: string): boolean =>
  relation.some((end) => end.application === application);

/** Applications that only one bundle has, each with the relations that came or went with it. */
const presenceChanges = (
  from: Bundle,
  other: Bundle,
  change: "added" | "removed",
  relations: readonly Relation[],
  mask: Mask,
): { readonly changes: readonly Change[]; readonly claimed: ReadonlySet<Relation> } => {
  const claimed = new Set<Relation>();
  const names = [...from.applications.keys()].filter((name) => !other.applications.has(name)).sort();
  const changes = names.flatMap((name): Change[] => {
    const application = from.applications.get(name);
    if (application === undefined) return [];
    const own = relations.filter((relation) => !claimed.has(relation) && touches(relation, name));
    for (const relation of own) claimed.add(relation);
    return [
      {
        kind: "application",
        change,
        application: name,
        contents: applicationContents(application, mask),
        relations: own.map(relationText).sort(),
      },
    ];
  });
  return { changes, claimed };
};

const compareMachines = (old: Bundle, current: Bundle, mask: Mask): readonly Change[] =>
  differences(old.machines, current.machines, () => false).flatMap(
    ({ name, old: before, new: after }): Change[] => {
      const only = before === undefined ? after : after === undefined ? before : undefined;
      if (only !== undefined) {
        const change = before === undefined ? "added" : "removed";
        return [{ kind: "machine", change, machine: name, contents: machineContents(only, mask) }];
      }
      if (before === undefined || after === undefined) return [];
      const base: Change[] =
        before.base === after.base || before.base === undefined || after.base === undefined
          ? []
          : [
              {
                kind: "machine-base",
                machine: name,
                name: "",
                old: mask.text(before.base),
                new: mask.text(after.base),
              },
            ];
      return [
        ...base,
        ...differences(before.constraints, after.constraints).map(
          (difference): Change => ({
            kind: "machine-constraint",
            machine: name,
            name: difference.name,
            old: mask.text(difference.old),
            new: mask.text(difference.new),
          }),
        ),
      ];
    },
  );

/** Compares what two bundles deploy. Same deployment, however spelled: no changes. */
export const compareBundles = (before: Bundle, current: Bundle): Comparison => {
  const numbers = matchMachines(before, current);
  const old = renumberMachines(before, numbers);
  const mask = createMask(old, current);
  const { removed, added } = unmatchedRelations(old.relations, current.relations);
  const gone = presenceChanges(old, current, "removed", removed, mask);
  const come = presenceChanges(current, old, "added", added, mask);
  const relationChanges = (
    relations: readonly Relation[],
    change: "added" | "removed",
    claimed: ReadonlySet<Relation>,
  ): Change[] =>
    relations
      .filter((relation) => !claimed.has(relation))
      .map(relationText)
      .sort()
      .map((relation) => ({ kind: "relation", change, relation }));
  const applications = [...old.applications]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, application]) => {
      const counterpart = current.applications.get(name);
      return counterpart === undefined ? [] : [compareApplication(name, application, counterpart, mask)];
    });
  return {
    changes: [
      ...gone.changes,
      ...come.changes,
      ...applications.flatMap(({ changes }) => changes),
      ...compareMachines(old, current, mask),
      ...relationChanges(removed, "removed", gone.claimed),
      ...relationChanges(added, "added", come.claimed),
      ...differences(old.saas, current.saas).map(
        (difference): Change => ({
          kind: "saas",
          name: difference.name,
          old: mask.text(difference.old),
          new: mask.text(difference.new),
        }),
      ),
    ],
    notes: applications.flatMap(({ notes }) => notes),
    renumbered: new Map([...numbers].filter(([from, to]) => from !== to)),
  };
};
