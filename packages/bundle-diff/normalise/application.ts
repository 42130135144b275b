import type { Application, Resource } from "../model.ts";
import { isNumberLiteral, type OptionValue, scalarText } from "../read/scalar.ts";
import type { RawApplication } from "../read/shape.ts";
import { firstBase } from "./base.ts";
import { normaliseBindings } from "./bindings.ts";
import { normaliseChannel } from "./channel.ts";
import { normaliseCharm } from "./charm.ts";
import { normaliseConstraints } from "./constraints.ts";
import { normaliseExposure, normaliseOffers } from "./exposure.ts";
import { normaliseTo } from "./placement.ts";
import { normaliseStorage } from "./storage.ts";

/** Keys that are compared, and keys that change nothing in a deployment. */
const known: ReadonlySet<string> = new Set([
  ...[
    "charm",
    "channel",
    "revision",
    "base",
    "series",
    "num_units",
    "scale",
    "to",
    "expose",
    "trust",
    "options",
  ],
  ...["constraints", "bindings", "storage", "devices", "resources", "offers", "exposed-endpoints"],
  ...["annotations", "description", "plan"],
]);

const mapValues = <From, To>(map: ReadonlyMap<string, From>, change: (value: From) => To): Map<string, To> =>
  new Map([...map].map(([key, value]) => [key, change(value)]));

const normaliseResource = (value: OptionValue): Resource => {
  const text = scalarText(value);
  return /^-?\d{1,9}$/.test(text) ? { revision: Number(text) } : { source: text };
};

const unknownText = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => {
    if (isNumberLiteral(inner)) return scalarText(inner);
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

/** An option without a value is an option that is not set. `trust` was an option before it became a key. */
const setOptions = (options: ReadonlyMap<string, OptionValue | null>): Map<string, OptionValue> =>
  new Map(
    [...options].flatMap(([name, value]) => (value === null || name === "trust" ? [] : [[name, value]])),
  );

/**
 * An application as a bundle means it.
 * @param defaultBases - the bundle's own spellings of a base, the strongest first
 */
export const normaliseApplication = (
  raw: RawApplication,
  defaultBases: ReadonlyArray<string | null | undefined>,
): Application => {
  const charm = raw.charm ? normaliseCharm(raw.charm) : undefined;
  const trustOption = raw.options.get("trust");
  return {
    charm: charm?.name,
    revision: raw.revision ?? charm?.revision,
    channel: raw.channel ? normaliseChannel(raw.channel) : undefined,
    base: firstBase(raw.base, raw.series, charm?.series, ...defaultBases),
    units: raw.num_units ?? raw.scale ?? 0,
    to: normaliseTo(raw.to),
    trust: raw.trust ?? (trustOption === true || trustOption === "true"),
    options: setOptions(raw.options),
    constraints: normaliseConstraints(raw.constraints),
    bindings: normaliseBindings(raw.bindings),
    storage: mapValues(raw.storage, normaliseStorage),
    devices: raw.devices,
    resources: mapValues(raw.resources, normaliseResource),
    offers: normaliseOffers(raw.offers),
    exposedEndpoints: normaliseExposure(raw.expose ?? false, raw["exposed-endpoints"]),
    unknown: new Map(
      Object.entries(raw).flatMap(([key, value]) => (known.has(key) ? [] : [[key, unknownText(value)]])),
    ),
  };
};
