import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { ScenarioError } from "../errors.ts";
import { toYaml } from "./output.ts";

const placement = z.union([z.string(), z.number()]).transform(String);

/** What an application offers to other models under one name: endpoints, and who may use them. */
const offer = z.object({
  endpoints: z.array(z.string()).default([]),
  acl: z.record(z.string(), z.string()).default({}),
});

const bundleApplication = z.object({
  charm: z.string().transform((charm) => charm.replace(/^ch:/, "")),
  channel: z.string().optional(),
  revision: z.number().optional(),
  resources: z.record(z.string(), z.unknown()).optional(),
  num_units: z.number().optional(),
  to: z.union([z.array(placement), placement.transform((one) => [one])]).optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  annotations: z.record(z.string(), z.unknown()).optional(),
  constraints: z.string().optional(),
  storage: z.record(z.string(), z.string()).optional(),
  bindings: z.record(z.string(), z.string()).optional(),
  offers: z.record(z.string(), offer).optional(),
});

const bundleDocument = z.object({
  "default-base": z.string().optional(),
  series: z.string().optional(),
  applications: z.record(z.string(), bundleApplication).default({}),
  relations: z.array(z.tuple([z.string(), z.string()])).default([]),
});

export type BundleApplication = z.output<typeof bundleApplication>;

/** What a model was deployed from: applications in the order of deployment, relations as endpoint pairs. */
export type Bundle = {
  readonly base: string;
  readonly applications: Readonly<Record<string, BundleApplication>>;
  readonly relations: readonly (readonly [string, string])[];
};

const bases: Readonly<Record<string, string>> = {
  focal: "ubuntu@20.04/stable",
  jammy: "ubuntu@22.04/stable",
  noble: "ubuntu@24.04/stable",
};

/** Reads a bundle file: one document or two (the second holds the offers). */
export const readBundle = (text: string): Bundle => {
  const [base, overlay] = parseAllDocuments(text).map((document) => bundleOrOverlay(document.toJS()));
  if (!base) throw new ScenarioError("The bundle file of the scenario holds no document.");
  return {
    base: base["default-base"] ?? bases[base.series ?? "jammy"] ?? "ubuntu@22.04/stable",
    applications: Object.fromEntries(
      Object.entries(base.applications).map(([name, application]) => {
        const offers = overlay?.offers[name];
        return [name, offers ? { ...application, offers } : application];
      }),
    ),
    relations: base.relations,
  };
};

/** What a deployment adds to a bundle, and so what every export has: revisions, constraints, bindings. */
export const asDeployed = (bundle: Bundle): Bundle => {
  const names = Object.keys(bundle.applications).sort();
  const add = (name: string, application: BundleApplication): BundleApplication => ({
    ...application,
    channel: application.channel ?? "latest/stable",
    revision: application.revision ?? 100 + 7 * names.indexOf(name),
    constraints: application.constraints ?? "arch=amd64",
    bindings: application.bindings ?? { "": "alpha" },
  });
  return {
    ...bundle,
    applications: Object.fromEntries(
      Object.entries(bundle.applications).map(([name, application]) => [name, add(name, application)]),
    ),
  };
};

const overlayDocument = z.object({
  applications: z
    .record(z.string(), z.object({ offers: z.record(z.string(), offer).optional() }))
    .default({}),
});

type Document = z.output<typeof bundleDocument> & {
  offers: Record<string, NonNullable<BundleApplication["offers"]>>;
};

const bundleOrOverlay = (value: unknown): Document => {
  const overlay = overlayDocument.safeParse(value);
  const base = bundleDocument.safeParse(value);
  const offers = Object.entries(overlay.data?.applications ?? {}).flatMap(([name, { offers: own }]) =>
    own ? [[name, own] as const] : [],
  );
  if (!base.success && offers.length === 0)
    throw new ScenarioError(
      `The bundle file of the scenario cannot be used:\n${z.prettifyError(base.error)}`,
    );
  return {
    ...(base.data ?? { applications: {}, relations: [] }),
    offers: Object.fromEntries(offers),
  };
};

const sorted = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1));

const sortedRecord = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(sorted(record));

/** One application in the order of keys in which juju exports it. */
const exported = (application: BundleApplication): Record<string, unknown> => {
  const { charm, channel, revision, resources, num_units, to, options, annotations } = application;
  const { constraints, storage, bindings } = application;
  return {
    charm,
    ...(channel ? { channel } : {}),
    ...(revision !== undefined ? { revision } : {}),
    ...(resources ? { resources } : {}),
    ...(num_units ? { num_units } : {}),
    ...(to ? { to } : {}),
    ...(options ? { options: sortedRecord(options) } : {}),
    ...(annotations ? { annotations } : {}),
    ...(constraints ? { constraints } : {}),
    ...(storage ? { storage: sortedRecord(storage) } : {}),
    ...(bindings && Object.keys(bindings).length > 0 ? { bindings } : {}),
  };
};

/** The text of `juju export-bundle`: the bundle, and a second document when something is offered. */
export const exportBundle = (
  bundle: Bundle,
  machines: Readonly<Record<string, string>>,
  withSeries: boolean,
): string => {
  const applications = sorted(bundle.applications);
  const offers = applications.flatMap(([name, { offers: own }]) => (own ? [[name, { offers: own }]] : []));
  const used = new Set(
    applications.flatMap(([, { to }]) => to ?? []).map((target) => target.split(":").at(-1) ?? ""),
  );
  const base = {
    ...(withSeries ? { series: seriesOf(bundle.base) } : {}),
    "default-base": bundle.base,
    applications: Object.fromEntries(applications.map(([name, entry]) => [name, exported(entry)])),
    machines: Object.fromEntries(
      sorted(machines)
        .filter(([id]) => used.has(id))
        .map(([id, constraints]) => [id, { constraints }]),
    ),
    ...(bundle.relations.length > 0 ? { relations: bundle.relations } : {}),
  };
  const overlay = offers.length > 0 ? { applications: Object.fromEntries(offers) } : undefined;
  return toYaml(base) + (overlay ? `--- # overlay.yaml\n${toYaml(overlay)}` : "");
};

const seriesOf = (base: string): string =>
  Object.entries(bases).find(([, known]) => known === base)?.[0] ?? "jammy";
