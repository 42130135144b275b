import { isNumberLiteral } from "./scalar.ts";

export type Mapping = { readonly [key: string]: unknown };

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isNumberLiteral(value);

const mergeValue = (base: unknown, overlay: unknown): unknown => {
  if (!isMapping(base) || !isMapping(overlay)) return overlay;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(overlay)) merged.set(key, mergeValue(merged.get(key), value));
  return Object.fromEntries(merged);
};

const applicationsOf = (end: unknown): readonly string[] =>
  typeof end === "string" ? [end.split(":")[0] ?? ""] : Array.isArray(end) ? end.flatMap(applicationsOf) : [];

const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

/** An overlay's `applications: {name: null}` takes the application and its relations out of the bundle. */
const withoutRemoved = (bundle: Mapping, removed: ReadonlySet<string>): Mapping => {
  if (removed.size === 0 || !isMapping(bundle.applications)) return bundle;
  const applications = Object.fromEntries(
    Object.entries(bundle.applications).filter(([name]) => !removed.has(name)),
  );
  const relations = asList(bundle.relations).filter(
    (relation) => !applicationsOf(relation).some((name) => removed.has(name)),
  );
  return { ...bundle, applications, relations };
};

/** `services` is what bundles called `applications` before Juju 2. */
const withToday = (document: Mapping): Mapping => {
  if (document.services === undefined || document.applications !== undefined) return document;
  const { services, ...rest } = document;
  return { ...rest, applications: services };
};

/**
 * One bundle out of a base document and its overlays, as Juju lays them over each other: mappings are merged,
 * other values replaced, relations added, machines replaced as a whole, and a null application removed.
 */
export const mergeDocuments = (documents: readonly Mapping[]): Mapping =>
  documents.map(withToday).reduce((base, overlay) => {
    const removed = new Set(
      isMapping(overlay.applications)
        ? Object.entries(overlay.applications).flatMap(([name, value]) => (value === null ? [name] : []))
        : [],
    );
    const merged = mergeValue(base, overlay);
    if (!isMapping(merged)) return base;
    const relations = [...asList(base.relations), ...asList(overlay.relations)];
    const machines = overlay.machines ?? base.machines;
    return withoutRemoved({ ...merged, relations, machines }, removed);
  });
