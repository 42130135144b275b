/** One spelling of a placement: an old export's `0/lxd/3` is a container on 0. */
const normaliseTarget = (target: string): string => target.replace(/^(\d+)\/(lxd|kvm)\/\d+$/, "$2:$1");

/** Placement directives in their order. */
export const normaliseTo = (to: readonly string[] | null | undefined): readonly string[] =>
  (to ?? []).map((target) => normaliseTarget(target.trim()));

/**
 * The placement of each unit: directives beyond the units are unused, and the last one (`new` if there is
 * none) serves the units that are left, as juju's bundle format has it.
 */
export const placementPerUnit = (to: readonly string[], units: number): readonly string[] =>
  // A bundle may claim a billion units; what it lists bounds what there is to compare.
  Array.from(
    { length: Math.min(units, Math.max(to.length, 1000)) },
    (_, unit) => to[unit] ?? to.at(-1) ?? "new",
  );

/** A placement with its machine's number replaced: `lxd:5` -> `lxd:3`. */
export const renumberTarget = (target: string, numbers: ReadonlyMap<string, string>): string => {
  const match = /^((?:[a-z]+:)?)([^:]+)$/.exec(target);
  const number = numbers.get(match?.[2] ?? "");
  return match === null || number === undefined ? target : `${match[1]}${number}`;
};
