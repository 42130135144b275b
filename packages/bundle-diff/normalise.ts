import { z } from "zod";

/** A YAML number as it was written: Juju reads `channel: 24.10` as a string, so every digit has to survive. */
export class NumberLiteral {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

/** The value of a charm's option. `String()` gives the text it was written as. */
export type OptionValue = string | boolean | NumberLiteral;

/**
 * Values of one kind by their names. What there is one of (a channel) has the name `""`; in bindings and
 * exposures `""` stands for all endpoints.
 */
export type Values = ReadonlyMap<string, OptionValue>;

export type ApplicationKind =
  | ("charm" | "channel" | "revision" | "base" | "units" | "trust")
  | ("option" | "constraint" | "binding" | "storage" | "device" | "resource" | "offer" | "exposed-endpoint");

/** An application as its bundle means it, however it is spelled. What is left to the charm has no value. */
export type Application = {
  readonly values: ReadonlyMap<ApplicationKind, Values>;
  readonly units: number;
  /** The placement directives in their order; see `placementPerUnit`. */
  readonly to: readonly string[];
  /** Keys that are not compared. */
  readonly unknown: ReadonlyMap<string, unknown>;
};

export type MachineKind = "machine-base" | "machine-constraint";
export type Machine = { readonly values: ReadonlyMap<MachineKind, Values> };

/** Two ends such as `keystone:identity-service`, sorted. Bundles may leave the endpoint to Juju: `keystone`. */
export type Relation = readonly [string, string];

export type Bundle = {
  readonly applications: ReadonlyMap<string, Application>;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly relations: readonly Relation[];
  readonly saas: Values;
};

const one = (value: string | undefined): Values => new Map(value === undefined ? [] : [["", value]]);

/** The text of what an application has one of. */
export const textOf = (
  application: Application | undefined,
  kind: "charm" | "channel" | "base",
): string | undefined => application?.values.get(kind)?.get("")?.toString();

/** Ubuntu's series and their versions (https://wiki.ubuntu.com/Releases); bundles name either. */
export const seriesVersions: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{
      trusty: "14.04",
      xenial: "16.04",
      bionic: "18.04",
      focal: "20.04",
      jammy: "22.04",
      kinetic: "22.10",
    },
    ...{ lunar: "23.04", mantic: "23.10", noble: "24.04", oracular: "24.10", plucky: "25.04" },
    ...{ questing: "25.10", resolute: "26.04" },
  }),
);

/** The first spelling of a base that is given, as `ubuntu@22.04`: so are `jammy` and `ubuntu/22.04/stable`. */
const firstBase = (...bases: ReadonlyArray<string | null | undefined>): string | undefined => {
  const base = bases.find((candidate) => (candidate ?? "") !== "") ?? undefined;
  const version = seriesVersions.get(base ?? "");
  if (base === undefined || version !== undefined) return version && `ubuntu@${version}`;
  const trimmed = base.replace(/\/stable$/, "");
  return trimmed.includes("@") ? trimmed : trimmed.replace("/", "@");
};

/** Architectures that a charm URL may contain: `ch:amd64/jammy/keystone-100`. */
const architectures = ["amd64", "arm64", "ppc64el", "s390x", "riscv64", "i386", "armhf"];

/** The charm's name without store, architecture, series and revision. Local paths stay as they are. */
const parseCharm = (
  url: string,
): { name: string; series?: string | undefined; revision?: string | undefined } => {
  if (/^[./~]/.test(url) || url.endsWith(".charm")) return { name: url };
  const segments = url.replace(/^(ch|cs):/, "").split("/");
  const [, name = "", revision] = /^(.*?)(?:-(\d{1,9}))?$/.exec(segments.pop() ?? "") ?? [];
  const series = segments.find((segment) => seriesVersions.has(segment));
  const owner = segments.filter((segment) => !architectures.includes(segment) && segment !== series);
  return { name: [...owner, name].join("/"), revision, series };
};

const risks = ["stable", "candidate", "beta", "edge"];

/** A channel as track/risk[/branch]: `yoga` is `yoga/stable`, `edge` is `latest/edge`. */
const normaliseChannel = (channel: string): string => {
  const [first = "stable", ...rest] = channel.split("/").filter(Boolean);
  if (risks.includes(first)) return ["latest", first, ...rest].join("/");
  return risks.includes(rest[0] ?? "") ? [first, ...rest].join("/") : [first, "stable", ...rest].join("/");
};

/** Juju's suffixes of sizes in MiB; without one a size is in MiB. */
const mebibytes: Readonly<Record<string, number>> = { M: 1, G: 1024, T: 1024 ** 2, P: 1024 ** 3 };

/** A size such as `4G`, `4096M` or `4096` in one spelling, or nothing where the text is not a size. */
const normaliseSize = (text: string): string | undefined => {
  const [, digits, suffix] = /^(\d+(?:\.\d+)?)([MGTP]?)(?:i?B)?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const size = Number(digits) * (mebibytes[suffix?.toUpperCase() || "M"] ?? 1);
  return size % 1024 === 0 ? `${size / 1024}G` : `${size}M`;
};

/** `arch=amd64` is what Juju writes where nobody asked for anything, so it is left out. */
const normaliseConstraints = (text: string | null | undefined): Values => {
  const constraints = new Map<string, string>();
  for (const part of (text ?? "").split(/\s+/)) {
    const [spelled = "", ...rest] = part.split("=");
    const name = spelled === "cpu-cores" ? "cores" : spelled;
    let value = rest.join("=");
    if (name === "mem" || name === "root-disk") value = normaliseSize(value) ?? value;
    if (["tags", "spaces", "zones"].includes(name)) value = sortedList(value.split(","), ",");
    if (value !== "" && part !== "arch=amd64") constraints.set(name, value);
  }
  return constraints;
};

const sortedList = (items: readonly string[], separator = ", "): string =>
  [...new Set(items)].filter(Boolean).sort().join(separator);

/** The space of an endpoint that nobody binds. */
const alpha = "alpha";

/** Without what repeats the default: exports name every endpoint as soon as a model has spaces. */
const normaliseBindings = (bindings: ReadonlyMap<string, string | null>): Values => {
  const everywhere = bindings.get("") || alpha;
  const own = [...bindings].flatMap(
    ([endpoint, space]): Array<[string, string]> =>
      endpoint === "" || (space || alpha) === everywhere ? [] : [[endpoint, space || alpha]],
  );
  return new Map(everywhere === alpha ? own : [["", everywhere], ...own]);
};

/** Juju takes the parts of a storage directive in any order, and a missing count as 1. */
const normaliseStorage = (text: string): string => {
  const parts = text.split(",").flatMap((part) => part.trim() || []);
  const count = parts.find((part) => /^\d{1,9}$/.test(part));
  const others = parts.filter((part) => part !== count);
  const size = others.map(normaliseSize).find((candidate) => candidate !== undefined);
  const pool = others.find((part) => normaliseSize(part) === undefined);
  return [pool, Number(count ?? 1), size].filter((part) => part !== undefined).join(",");
};

/** Where `expose: true` and an exposure without limits reach. */
const anywhere = ["0.0.0.0/0", "::/0"];

/**
 * The placement of each unit. Directives beyond the units are unused; the last one (`new` if there is none)
 * serves the units that are left, as in Juju's bundle format.
 */
export const placementPerUnit = ({ to, units }: Application): readonly string[] =>
  // A bundle may claim a billion units; what it lists bounds what there is to compare.
  Array.from(
    { length: Math.min(units, Math.max(to.length, 1000)) },
    (_, unit) => to[unit] ?? to.at(-1) ?? "new",
  );

/** Unordered pairs without repetition; `[a, [b, c]]` is an old form for one pair each. */
const normaliseRelations = (relations: ReadonlyArray<readonly (readonly string[])[]>): Relation[] => {
  const pairs = relations.flatMap(([left = [], right = []]) =>
    left.flatMap((one) => right.map((other): Relation => (one < other ? [one, other] : [other, one]))),
  );
  return [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];
};

const literal = z.instanceof(NumberLiteral);
const scalar = z.union([z.string(), z.boolean(), literal], { error: "a string, a number or true/false" });
const textAs = (error: string) => z.union([z.string(), literal], { error }).transform(String);
const text = textAs("a string");
const wholeNumber = textAs("a whole number")
  .refine((value) => /^\d{1,9}$/.test(value), { error: "a whole number" })
  .transform(Number);
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")], {
  error: "true or false",
});
const listOf = (what: string) => z.array(text, { error: `a list of ${what}` }).nullish();
const mapOf = <Schema extends z.ZodType>(value: Schema, error: string) =>
  z
    .record(z.string(), value, { error })
    .nullish()
    .transform((record) => new Map(Object.entries(record ?? {})));
const resource = scalar.transform((value) => String(value).replace(/^-?\d{1,9}$/, "revision $&"));

const exposure = z
  .looseObject(
    { "expose-to-spaces": listOf("spaces"), "expose-to-cidrs": listOf("CIDRs") },
    { error: "a mapping with expose-to-spaces and expose-to-cidrs" },
  )
  .nullable()
  .transform((limits) => {
    const spaces = (limits?.["expose-to-spaces"] ?? []).map((space) => `space ${space}`);
    const reach = [...spaces, ...(limits?.["expose-to-cidrs"] ?? [])];
    return sortedList(reach.length === 0 ? anywhere : reach);
  });

/** The rights of the user `admin` go without saying. */
const offer = z
  .looseObject(
    { endpoints: listOf("endpoints"), acl: mapOf(text, "a mapping of users to access") },
    { error: "a mapping with endpoints and acl" },
  )
  .transform(({ endpoints, acl }) => {
    const rights = sortedList([...acl].map((right) => right.join("=")).filter((r) => r !== "admin=admin"));
    return `endpoints ${sortedList(endpoints ?? [])}${rights === "" ? "" : `; acl ${rights}`}`;
  });

const applicationShape = {
  charm: text.nullish(),
  channel: text.nullish(),
  revision: wholeNumber.nullish(),
  base: text.nullish(),
  series: text.nullish(),
  num_units: wholeNumber.nullish(),
  scale: wholeNumber.nullish(),
  to: z.union([z.array(text), text.transform((one) => [one])], { error: "a list of placements" }).nullish(),
  expose: flag.nullish(),
  trust: flag.nullish(),
  options: mapOf(scalar.nullable(), "a mapping of options to values"),
  constraints: text.nullish().transform(normaliseConstraints),
  bindings: mapOf(text.nullable(), "a mapping of endpoints to spaces").transform(normaliseBindings),
  storage: mapOf(text.transform(normaliseStorage), "a mapping of storage names to pool,count,size"),
  devices: mapOf(text, "a mapping of device names to constraints"),
  resources: mapOf(resource, "a mapping of resources to revisions or paths"),
  offers: mapOf(offer, "a mapping of offers"),
  "exposed-endpoints": mapOf(exposure, "a mapping of endpoints to exposure"),
};
/** Keys that change nothing in a deployment. */
const ignoredKeys = ["annotations", "description", "plan"];

/** Applications and machines without a base of their own have the bundle's. */
type WithBase<Part> = (bundleBase: string | undefined) => Part;

const application = z
  .looseObject(applicationShape, { error: "a mapping that describes an application" })
  .transform(
    (raw): WithBase<Application> =>
      (bundleBase) => {
        const charm = raw.charm ? parseCharm(raw.charm) : undefined;
        const units = raw.num_units ?? raw.scale ?? 0;
        const endpoints = raw["exposed-endpoints"];
        // An option without a value is not set. `trust` was an option before it became a key.
        const options = [...raw.options].flatMap(
          ([name, value]): Array<[string, OptionValue]> =>
            value === null || name === "trust" ? [] : [[name, value]],
        );
        const trust = raw.trust ?? String(raw.options.get("trust")) === "true";
        return {
          values: new Map<ApplicationKind, Values>([
            ["charm", one(charm?.name)],
            ["channel", one(raw.channel ? normaliseChannel(raw.channel) : undefined)],
            ["revision", one(raw.revision?.toString() ?? charm?.revision)],
            ["base", one(firstBase(raw.base, raw.series, charm?.series, bundleBase))],
            ["units", one(String(units))],
            ["trust", one(trust ? "true" : undefined)],
            ["option", new Map(options)],
            ["constraint", raw.constraints],
            ["binding", raw.bindings],
            ["storage", raw.storage],
            ["device", raw.devices],
            ["resource", raw.resources],
            ["offer", raw.offers],
            ["exposed-endpoint", raw.expose && endpoints.size === 0 ? one(sortedList(anywhere)) : endpoints],
          ]),
          units,
          // An old export's `0/lxd/3` is a container on 0.
          to: (raw.to ?? []).map((target) => target.trim().replace(/^(\d+)\/(lxd|kvm)\/\d+$/, "$2:$1")),
          unknown: new Map(
            Object.entries(raw).filter(
              ([key]) => !Object.hasOwn(applicationShape, key) && !ignoredKeys.includes(key),
            ),
          ),
        };
      },
  );

const machine = z
  .looseObject(
    { base: text.nullish(), series: text.nullish(), constraints: text.nullish() },
    { error: "a mapping that describes a machine" },
  )
  .nullable()
  .transform(
    (raw): WithBase<Machine> =>
      (bundleBase) => ({
        values: new Map<MachineKind, Values>([
          ["machine-base", one(firstBase(raw?.base, raw?.series, bundleBase))],
          ["machine-constraint", normaliseConstraints(raw?.constraints)],
        ]),
      }),
  );

const pairError = { error: "a list of two endpoints" };
const ends = z.union([text.transform((one) => [one]), z.array(text)], { error: "an endpoint" });
const relation = z.array(ends, pairError).refine(({ length }) => length === 2, pairError);

/** The bundle as it is meant: every spelling of one deployment gives the same value. */
export const bundleSchema = z
  .looseObject({
    "default-base": text.nullish(),
    // Not one of Juju's keys here, but seen in bundles.
    base: text.nullish(),
    series: text.nullish(),
    applications: mapOf(application, "a mapping of applications"),
    machines: mapOf(machine, "a mapping of machines"),
    relations: z.array(relation, { error: "a list of relations" }).nullish(),
    saas: mapOf(
      z
        .looseObject({ url: text.nullish() }, { error: "a mapping with a url" })
        .transform(({ url }) => url ?? ""),
      "a mapping of remote offers",
    ),
  })
  .transform((raw): Bundle => {
    const base = firstBase(raw["default-base"], raw.base, raw.series);
    const withBase = <Part>(parts: ReadonlyMap<string, WithBase<Part>>) =>
      new Map([...parts].map(([name, part]) => [name, part(base)]));
    return {
      applications: withBase(raw.applications),
      machines: withBase(raw.machines),
      relations: normaliseRelations(raw.relations ?? []),
      saas: raw.saas,
    };
  });
