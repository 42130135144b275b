import { stringify } from "yaml";

/** A bundle as plain values, as far as the property tests write them. */
export type RawApplication = {
  charm?: string;
  channel?: string;
  base?: string;
  series?: string;
  num_units?: number;
  to?: string[];
  expose?: boolean;
  trust?: boolean;
  constraints?: string;
  options?: Record<string, string | number | boolean>;
  bindings?: Record<string, string>;
  storage?: Record<string, string>;
  resources?: Record<string, string | number>;
  offers?: Record<string, { endpoints: string[] }>;
  annotations?: Record<string, string>;
  revision?: number;
};
export type RawBundle = {
  "default-base"?: string | undefined;
  series?: string | undefined;
  applications: Record<string, RawApplication>;
  machines?: Record<string, { constraints?: string } | null>;
  relations?: string[][];
  saas?: Record<string, { url: string }>;
};

/** Decisions from a seed (mulberry32), so that a failing seed gives the same bundle again. */
export const decisions = (
  seed: number,
): { next: () => number; yes: () => boolean; below: (limit: number) => number } => {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { next, yes: () => next() < 0.5, below: (limit) => Math.floor(next() * limit) };
};

type Decisions = ReturnType<typeof decisions>;

const shuffled = <Item>(items: readonly Item[], { next }: Decisions): Item[] =>
  items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

/** Any value with its mappings in another order; lists keep theirs. */
const reordered = (value: unknown, decide: Decisions): unknown => {
  if (Array.isArray(value)) return value.map((item) => reordered(item, decide));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    shuffled(Object.entries(value), decide).map(([key, item]) => [key, reordered(item, decide)]),
  );
};

const option = (value: string | number | boolean, { yes }: Decisions): string | number | boolean => {
  if (typeof value === "string") return value;
  if (yes()) return value;
  return typeof value === "boolean" && yes() ? String(value).toUpperCase() : String(value);
};

const constraints = (text: string, decide: Decisions): string => {
  const parts = text.split(" ").filter((part) => part !== "" && part !== "arch=amd64");
  if (decide.yes()) parts.push("arch=amd64");
  return shuffled(parts, decide)
    .map((part) => (part === "mem=4G" && decide.yes() ? "mem=4096M" : part))
    .join(decide.yes() ? " " : "  ");
};

const charm = (name: string, { below }: Decisions): string =>
  [name, `ch:${name}`, `cs:${name}`, `ch:amd64/${name}`][below(4)] ?? name;

const application = (raw: RawApplication, base: string | undefined, decide: Decisions): RawApplication => {
  const { yes } = decide;
  const next: RawApplication = { ...raw };
  if (next.charm !== undefined) next.charm = charm(next.charm.replace(/^ch:/, ""), decide);
  if (next.channel?.endsWith("/stable") && yes()) next.channel = next.channel.replace(/\/stable$/, "");
  if (base !== undefined && next.base === undefined) {
    // Bases of the samples: 20.04 and 22.04.
    if (yes()) next.base = yes() ? base : `${base}/stable`;
    else next.series = base === "ubuntu@20.04" ? "focal" : "jammy";
  }
  if (next.num_units === 0 && yes()) delete next.num_units;
  else if (next.num_units === undefined && yes()) next.num_units = 0;
  // With fewer directives than units the last one is repeated, so their order counts.
  if (next.to !== undefined && next.to.length === next.num_units) next.to = shuffled(next.to, decide);
  if (next.options !== undefined)
    next.options = Object.fromEntries(
      Object.entries(next.options).map(([key, value]) => [key, option(value, decide)]),
    );
  next.constraints = constraints(next.constraints ?? "", decide);
  const space = next.bindings?.[""] ?? "alpha";
  if (yes()) next.bindings = { [`endpoint-${decide.below(9)}`]: space, "": space, ...next.bindings };
  if (next.storage !== undefined)
    next.storage = Object.fromEntries(
      Object.entries(next.storage).map(([key, value]) => [
        key,
        value === "loop,1024M" && yes() ? "loop,1,1G" : value,
      ]),
    );
  if (yes()) delete next.annotations;
  if (next.trust === undefined && yes()) next.trust = false;
  if (next.expose === undefined && yes()) next.expose = false;
  return next;
};

const renumbered = (bundle: RawBundle, numbers: ReadonlyMap<string, string>): RawBundle => ({
  ...bundle,
  machines: Object.fromEntries(
    Object.entries(bundle.machines ?? {}).map(([id, machine]) => [numbers.get(id) ?? id, machine]),
  ),
  applications: Object.fromEntries(
    Object.entries(bundle.applications).map(([name, raw]) => [
      name,
      raw.to === undefined
        ? raw
        : { ...raw, to: raw.to.map((target) => target.replace(/\d+$/, (id) => numbers.get(id) ?? id)) },
    ]),
  ),
});

/** New numbers in the old order, with gaps, as a model has them after machines came and went. */
const gappedNumbers = (bundle: RawBundle, decide: Decisions): ReadonlyMap<string, string> => {
  let last = -1;
  return new Map(
    Object.keys(bundle.machines ?? {})
      .sort((a, b) => Number(a) - Number(b))
      .map((id) => {
        last += 1 + decide.below(3);
        return [id, String(last)];
      }),
  );
};

const baseOf = (bundle: RawBundle): string | undefined =>
  bundle["default-base"]?.replace(/\/stable$/, "") ??
  (bundle.series === undefined ? undefined : bundle.series === "focal" ? "ubuntu@20.04" : "ubuntu@22.04");

/**
 * Another YAML text of the same deployment.
 * @param renumber - whether machines may get other numbers; not where one was added or removed
 */
export const respell = (original: RawBundle, seed: number, renumber: boolean): string => {
  const decide = decisions(seed);
  const { yes } = decide;
  const bundle = renumber && yes() ? renumbered(original, gappedNumbers(original, decide)) : original;
  const { applications, relations = [], machines = {}, saas } = bundle;
  const spread = yes();
  const base = baseOf(bundle);
  const offers = new Map<string, unknown>();
  const next = Object.fromEntries(
    Object.entries(applications).map(([name, raw]) => {
      const spelled = application(raw, spread ? base : undefined, decide);
      if (spelled.offers !== undefined && yes()) {
        offers.set(name, { offers: spelled.offers });
        delete spelled.offers;
      }
      return [name, spelled];
    }),
  );
  const document = {
    ...(spread || base === undefined
      ? {}
      : yes()
        ? { "default-base": yes() ? base : `${base}/stable` }
        : { series: base === "ubuntu@20.04" ? "focal" : "jammy" }),
    machines: Object.fromEntries(
      Object.entries(machines).map(([id, machine]) => [
        id,
        machine?.constraints === undefined
          ? yes()
            ? null
            : {}
          : { constraints: constraints(machine.constraints, decide) },
      ]),
    ),
    applications: next,
    relations: shuffled(relations, decide).map((pair) => (yes() ? pair : pair.toReversed())),
    ...(saas === undefined ? {} : { saas }),
  };
  const text = yes() ? JSON.stringify(reordered(document, decide)) : stringify(reordered(document, decide));
  return offers.size === 0
    ? text
    : `${text}\n--- # overlay.yaml\n${stringify({ applications: Object.fromEntries(offers) })}`;
};
