/** What most labs are parented by: a `Lab` that is nobody else's part. */
const usualParents = "lab:index:Lab";

/** The stack and the project of a URN, as it has them: `stack::project`; "" for what is no URN. */
export const placeOf = (urn: string): string => /^urn:pulumi:([^:]*::[^:]*)::/.exec(urn)?.[1] ?? "";

/** The types of a resource's parents, as its URN holds them; undefined for the usual ones. */
export const parentsOf = (urn: string): string | undefined => {
  const [, types = ""] = /^urn:pulumi:[^:]*::[^:]*::(.*)::[^:]*$/.exec(urn) ?? [];
  const parents = types.split("$").slice(0, -1).join("$");
  return parents === usualParents ? undefined : parents;
};

/**
 * What the state keeps of a resource's URN. The engine does not tell a provider the URN of what it deletes, and a row is
 * addressed by it; but it is long, and Pulumi writes the whole state twice for each resource that is created or deleted.
 */
export const keptRow = (urn: string): string => {
  const parents = parentsOf(urn);
  return parents === undefined ? placeOf(urn) : `${placeOf(urn)}::${parents}`;
};

/** The URN of a resource, from what the state keeps of it. */
export const urnOfRow = (kept: string, type: string, name: string): string => {
  const [stack = "", project = "", ...rest] = kept.split("::");
  const parents = rest.length > 0 ? rest.join("::") : usualParents;
  const types = parents === "" ? type : `${parents}$${type}`;
  return `urn:pulumi:${stack}::${project}::${types}::${name}`;
};
