import { stringify } from "yaml";
import { z } from "zod";

const textOrNumber = z.union([z.string(), z.number()]).transform(String);

const baseSchema = z.object({ name: z.string(), channel: textOrNumber });

/** Juju before 3 prints only the other application's name. */
const relatedSchema = z.union([
  z.string().transform((application) => ({ application, interface: undefined })),
  z.object({ "related-application": z.string(), interface: z.string().optional() }).transform((related) => ({
    application: related["related-application"],
    interface: related.interface,
  })),
]);
const relationsSchema = z.record(z.string(), z.array(relatedSchema)).nullish();

const unitSchema = z.object({ machine: textOrNumber.optional() });

/** `juju status --format=yaml`, as far as a bundle needs it. */
export const bundleStatusSchema = z.object({
  model: z.object({ name: z.string(), controller: z.string().optional(), version: z.string().optional() }),
  machines: z
    .record(z.string(), z.object({ base: baseSchema.optional(), constraints: z.string().optional() }))
    .nullish(),
  applications: z
    .record(
      z.string(),
      z.object({
        charm: z.string(),
        base: baseSchema.optional(),
        "charm-origin": z.string().optional(),
        "charm-name": z.string().optional(),
        "charm-rev": z.number().optional(),
        "charm-channel": textOrNumber.optional(),
        exposed: z.boolean().optional(),
        relations: relationsSchema,
        "subordinate-to": z.array(z.string()).nullish(),
        units: z.record(z.string(), unitSchema).nullish(),
        "endpoint-bindings": z.record(z.string(), z.string()).nullish(),
      }),
    )
    .nullish(),
  "application-endpoints": z
    .record(z.string(), z.object({ url: z.string(), relations: relationsSchema }))
    .nullish(),
});

const settingsSchema = z.record(
  z.string(),
  z.object({ value: z.unknown().optional(), source: z.string().optional() }),
);

/** `juju config APP --format=yaml` */
export const configSchema = z.object({
  settings: settingsSchema.nullish(),
  "application-config": settingsSchema.nullish(),
});

/** `juju show-application APP... --format=yaml` */
export const shownApplicationsSchema = z.record(
  z.string(),
  z.object({
    principal: z.boolean().optional(),
    "exposed-endpoints": z
      .record(
        z.string(),
        z
          .object({
            "expose-to-spaces": z.array(z.string()).nullish(),
            "expose-to-cidrs": z.array(z.string()).nullish(),
          })
          .nullable(),
      )
      .nullish(),
  }),
);

/** `juju offers --format=yaml` */
export const offersSchema = z
  .record(
    z.string(),
    z.object({
      application: z.string(),
      endpoints: z.record(z.string(), z.unknown()).nullish(),
      users: z.record(z.string(), z.object({ access: z.string() })).nullish(),
    }),
  )
  .nullable();

const provisionedSchema = z
  .record(
    z.string(),
    z.object({ storage: z.string().optional(), pool: z.string().optional(), size: z.number().optional() }),
  )
  .nullish();

/** `juju storage --format=yaml` */
export const storageSchema = z
  .object({
    storage: z
      .record(
        z.string(),
        z.object({ attachments: z.object({ units: z.record(z.string(), z.unknown()).nullish() }).nullish() }),
      )
      .nullish(),
    volumes: provisionedSchema,
    filesystems: provisionedSchema,
  })
  .nullable();

type Status = z.output<typeof bundleStatusSchema>;
type Application = NonNullable<Status["applications"]>[string];
type Exposure = z.output<typeof shownApplicationsSchema>[string]["exposed-endpoints"];

/** All that juju was asked. `constraints` holds the line that `juju constraints APP` prints. */
export type BundleParts = {
  /** The client's version. */
  client: string;
  status: Status;
  configs: Record<string, z.output<typeof configSchema>>;
  constraints: Record<string, string>;
  shown: z.output<typeof shownApplicationsSchema>;
  offers: z.output<typeof offersSchema>;
  storage: z.output<typeof storageSchema>;
};

const sorted = <Value>(record: Readonly<Record<string, Value>> | null | undefined): [string, Value][] =>
  Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** `undefined` for what is empty: an export leaves it out. */
const filled = (entries: [string, unknown][]): Record<string, unknown> | undefined =>
  entries.length > 0 ? Object.fromEntries(entries) : undefined;

const baseText = (base: z.output<typeof baseSchema> | undefined): string | undefined =>
  base && `${base.name}@${base.channel.includes("/") ? base.channel : `${base.channel}/stable`}`;

/** "0" for a machine, "lxd:0" for a container on it. */
const placement = (machine: string): string => {
  const [parent = "", type] = machine.split("/");
  return type === undefined ? parent : `${type}:${parent}`;
};

/** Whom `juju expose` without endpoints lets in: the whole world. */
const isWholeWorld = (exposure: NonNullable<Exposure>): boolean => {
  const [[endpoint, to] = ["", null], ...more] = Object.entries(exposure);
  const cidrs = to?.["expose-to-cidrs"] ?? [];
  return (
    more.length === 0 &&
    endpoint === "" &&
    (to?.["expose-to-spaces"] ?? []).length === 0 &&
    cidrs.every((cidr) => cidr === "0.0.0.0/0" || cidr === "::/0")
  );
};

/** Only what somebody set: a default may be another one in the next charm. */
const setByUser = (settings: z.output<typeof settingsSchema> | null | undefined): [string, unknown][] =>
  sorted(settings)
    .filter(([, { source }]) => source === "user")
    .map(([name, { value }]) => [name, value]);

/** `pool,count,sizeM` of each storage that has instances, by application. juju tells of nothing else. */
const storageOf = (storage: BundleParts["storage"], application: string): [string, string][] => {
  const provisioned = [
    ...Object.values(storage?.volumes ?? {}),
    ...Object.values(storage?.filesystems ?? {}),
  ];
  const found = new Map<string, { units: Map<string, number>; pool: string; size: number | undefined }>();
  for (const [id, { attachments }] of sorted(storage?.storage)) {
    const [name = ""] = id.split("/");
    const [unit] = Object.keys(attachments?.units ?? {});
    if (unit?.split("/")[0] !== application) continue;
    const backing = provisioned.find((each) => each.storage === id && each.pool !== undefined);
    const known = found.get(name) ?? { units: new Map(), pool: backing?.pool ?? "", size: backing?.size };
    known.units.set(unit, (known.units.get(unit) ?? 0) + 1);
    found.set(name, known);
  }
  return [...found].map(([name, { units, pool, size }]) => {
    const count = String(Math.max(...units.values()));
    return [
      name,
      [pool, count, size === undefined ? "" : `${size}M`].filter((part) => part !== "").join(","),
    ];
  });
};

type End = { application: string; endpoint: string };
const endText = ({ application, endpoint }: End): string => `${application}:${endpoint}`;

/**
 * The pairs of endpoints. `juju status` names an endpoint and the other application, so the two sides are matched by their
 * applications and the interface. Where both have several endpoints that fit, equal names go together, then the order decides
 * (`guessed`).
 */
const relationsOf = (status: Status): { pairs: [string, string][]; guessed: string[] } => {
  const sides = new Map<string, { a: End[]; b: End[] }>();
  const remote = status["application-endpoints"] ?? {};
  const all = [...sorted(status.applications), ...sorted(remote)];
  // A relation's interface is told by the local side only, when the other one is in another model.
  for (const [application, { relations }] of all)
    for (const [endpoint, related] of sorted(relations))
      for (const other of related) {
        if (other.application === application) continue;
        const isRemote = application in remote || other.application in remote;
        const [first, second] = [application, other.application].sort();
        const key = [first, second, isRemote ? "" : (other.interface ?? "")].join(" ");
        const side = sides.get(key) ?? { a: [], b: [] };
        (application === first ? side.a : side.b).push({ application, endpoint });
        sides.set(key, side);
      }
  const pairs: [string, string][] = [];
  const guessed: string[] = [];
  for (const { a, b } of sides.values()) {
    const distinct = (ends: End[]) => new Set(ends.map(({ endpoint }) => endpoint)).size;
    const isSure = distinct(a) <= 1 || distinct(b) <= 1;
    const left = [...b];
    const named = (end: End) => left.findIndex(({ endpoint }) => endpoint === end.endpoint);
    const order = isSure ? a : [...a].sort((x, y) => Number(named(y) >= 0) - Number(named(x) >= 0));
    for (const end of order) {
      const at = Math.max(0, named(end));
      const [other] = left.splice(at, 1);
      if (!other) continue;
      pairs.push([endText(end), endText(other)]);
      if (!isSure) guessed.push(`${endText(end)} - ${endText(other)}`);
    }
  }
  return { pairs: pairs.sort(([a, b], [c, d]) => (`${a} ${b}` < `${c} ${d}` ? -1 : 1)), guessed };
};

/**
 * A bundle as `juju export-bundle` writes one, for Juju 4.0, which has no such command: pure, from what juju answered. Offers
 * and endpoint-wise exposure stand in a second document, as in an export. Annotations, the revisions of resources and storage
 * without an instance are in no answer of juju's, so they are missing; the comment on top says so.
 */
export const composeBundle = (parts: BundleParts): string => {
  const { status, configs, constraints, shown, offers, storage, client } = parts;
  const applications = sorted(status.applications);
  const isSubordinate = (name: string, { "subordinate-to": to }: Application): boolean =>
    shown[name]?.principal === false || (to ?? []).length > 0;
  const unitsOf = (name: string, application: Application): string[] =>
    isSubordinate(name, application)
      ? []
      : Object.values(application.units ?? {}).map(({ machine }) => machine ?? "");
  const used = new Set(
    applications.flatMap(([name, each]) => unitsOf(name, each).map((machine) => machine.split("/")[0] ?? "")),
  );
  const machines = sorted(status.machines).filter(([id]) => used.has(id));
  const bases = [...applications, ...machines].flatMap(([, { base }]) => baseText(base) ?? []);
  const times = (base: string) => bases.filter((each) => each === base).length;
  const defaultBase = [...new Set(bases)].sort((a, b) => times(b) - times(a))[0];
  const ownBase = (base: z.output<typeof baseSchema> | undefined) =>
    baseText(base) === defaultBase ? undefined : baseText(base);
  const spaces = new Set(applications.flatMap(([, each]) => Object.values(each["endpoint-bindings"] ?? {})));

  const composed = ([name, each]: [string, Application]): [string, Record<string, unknown>] => {
    const isLocal = each["charm-origin"] === "local";
    const charm = each["charm-name"] ?? each.charm;
    const revision = each["charm-rev"];
    const config = configs[name];
    const machinesOfUnits = unitsOf(name, each);
    const exposure = shown[name]?.["exposed-endpoints"] ?? {};
    const trust = config?.["application-config"]?.trust?.value;
    return [
      name,
      {
        charm: isLocal ? `local:${charm}${revision === undefined ? "" : `-${revision}`}` : charm,
        channel: each["charm-channel"],
        revision: isLocal ? undefined : revision,
        base: ownBase(each.base),
        num_units: machinesOfUnits.length || undefined,
        to: machinesOfUnits.length > 0 ? machinesOfUnits.map(placement) : undefined,
        expose: each.exposed && isWholeWorld(exposure) ? true : undefined,
        options: filled(setByUser(config?.settings)),
        constraints: constraints[name]?.trim() || undefined,
        storage: filled(storageOf(storage, name)),
        // Where all is in one space, an export says nothing of spaces.
        bindings: spaces.size > 1 ? filled(sorted(each["endpoint-bindings"])) : undefined,
        trust: trust === true || trust === "true" ? true : undefined,
      },
    ];
  };
  const overlay = applications.flatMap(([name]) => {
    const own = sorted(offers).filter(([, { application }]) => application === name);
    const exposure = shown[name]?.["exposed-endpoints"] ?? {};
    const offered = own.map(([offer, { endpoints, users }]): [string, unknown] => {
      // Everybody may read an offer; an export leaves that out.
      const acl = sorted(users).filter(([user]) => user !== "everyone@external");
      return [
        offer,
        {
          endpoints: sorted(endpoints).map(([endpoint]) => endpoint),
          acl: filled(acl.map(([user, { access }]) => [user, access])),
        },
      ];
    });
    const exposed = isWholeWorld(exposure) ? undefined : filled(sorted(exposure));
    return offered.length > 0 || exposed
      ? [[name, { offers: filled(offered), "exposed-endpoints": exposed }] as const]
      : [];
  });
  const { pairs, guessed } = relationsOf(status);
  const bundle = {
    "default-base": defaultBase,
    saas: filled(sorted(status["application-endpoints"]).map(([name, { url }]) => [name, { url }])),
    applications: Object.fromEntries(applications.map(composed)),
    machines: filled(
      machines.map(([id, machine]) => [
        id,
        { base: ownBase(machine.base), constraints: machine.constraints || undefined },
      ]),
    ),
    relations: pairs.length > 0 ? pairs : undefined,
  };
  const { model } = status;
  const comment = [
    `Composed, not exported: Juju ${model.version ?? ""} has no \`juju export-bundle\`.`,
    `From what juju ${client} answers about the model ${model.controller ?? ""}:${model.name}: status, config of each`,
    "application (the options that somebody set), constraints, show-application, offers and storage.",
    "Not in it, because juju does not tell: annotations, revisions of resources, storage without an instance.",
    ...guessed.map(
      (pair) => `These endpoints fit more than one way; put together by name and order: ${pair}`,
    ),
  ];
  // Juju's parser follows YAML 1.1, in which `yes` is no text.
  const yaml = (value: unknown) =>
    stringify(JSON.parse(JSON.stringify(value)), { lineWidth: 0, compat: "yaml-1.1" });
  return [
    ...comment.map((line) => `# ${line}\n`),
    yaml(bundle),
    ...(overlay.length > 0
      ? ["--- # overlay.yaml\n", yaml({ applications: Object.fromEntries(overlay) })]
      : []),
  ].join("");
};
