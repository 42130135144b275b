import type { Change, Note } from "./change.ts";
import { compareBundles } from "./compare/compare.ts";
import type { Bundle } from "./model.ts";
import { type Folded, foldRelease } from "./release/fold.ts";

export type ReportSide = {
  readonly name: string;
  readonly applications: number;
  readonly machines: number;
  readonly relations: number;
};

/** All that the renderers say about two bundles. */
export type Report = {
  readonly old: ReportSide;
  readonly new: ReportSide;
  readonly same: boolean;
  /** What does not go with a release upgrade. */
  readonly changes: readonly Change[];
  readonly release: Folded["release"];
  readonly notes: readonly Note[];
  readonly renumbered: ReadonlyMap<string, string>;
};

const side = (name: string, { applications, machines, relations }: Bundle): ReportSide => ({
  name,
  applications: applications.size,
  machines: machines.size,
  relations: relations.length,
});

/** Compares two bundles; `name` is what the operator typed for each. */
export const createReport = (
  old: { readonly name: string; readonly bundle: Bundle },
  current: { readonly name: string; readonly bundle: Bundle },
): Report => {
  const { changes, notes, renumbered } = compareBundles(old.bundle, current.bundle);
  const folded = foldRelease(changes, old.bundle, current.bundle);
  return {
    old: side(old.name, old.bundle),
    new: side(current.name, current.bundle),
    same: changes.length === 0,
    changes: folded.changes,
    release: folded.release,
    notes,
    renumbered,
  };
};
