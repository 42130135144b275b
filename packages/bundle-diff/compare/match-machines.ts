import type { Application, Bundle } from "../model.ts";
import { renumberTarget } from "../normalise/placement.ts";

const byNumber = (a: string, b: string): number => {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) || difference === 0 ? (a < b ? -1 : 1) : difference;
};

const isSubset = (a: readonly string[], b: readonly string[]): boolean => a.every((id) => b.includes(id));

/**
 * Which machine of the old bundle is which of the new one. The numbers are a model's own (0, 1, 2, 5 after a
 * removal), so where neither bundle's numbers contain the other's, machines are matched by their position.
 * @returns old number -> new number, for every machine of the old bundle
 */
export const matchMachines = (old: Bundle, current: Bundle): ReadonlyMap<string, string> => {
  const before = [...old.machines.keys()].sort(byNumber);
  const after = [...current.machines.keys()].sort(byNumber);
  if (isSubset(before, after) || isSubset(after, before)) return new Map(before.map((id) => [id, id]));
  return new Map(before.map((id, position) => [id, after[position] ?? `${id} (old)`]));
};

/** A bundle with its machines numbered anew, in `machines` and in every placement. */
export const renumberMachines = (bundle: Bundle, numbers: ReadonlyMap<string, string>): Bundle => ({
  ...bundle,
  machines: new Map([...bundle.machines].map(([id, machine]) => [numbers.get(id) ?? id, machine])),
  applications: new Map(
    [...bundle.applications].map(([name, application]): [string, Application] => [
      name,
      { ...application, to: application.to.map((target) => renumberTarget(target, numbers)) },
    ]),
  ),
});
