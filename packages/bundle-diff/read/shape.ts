import { z } from "zod";
import type { Problem, Result } from "../problem.ts";
import type { Mapping } from "./merge-documents.ts";
import { isNumberLiteral, type NumberLiteral, scalarText } from "./scalar.ts";

const literal = z.custom<NumberLiteral>(isNumberLiteral);
const scalar = z.union([z.string(), z.boolean(), literal], { error: "a text, a number or true/false" });
const text = z.union([z.string(), literal], { error: "a text" }).transform((value) => scalarText(value));
const wholeNumber = z
  .union([z.string(), literal], { error: "a whole number" })
  .transform((value) => scalarText(value))
  .refine((value) => /^\d{1,9}$/.test(value), { error: "a whole number" })
  .transform(Number);
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")], {
  error: "true or false",
});

const mapOf = <Schema extends z.ZodType>(value: Schema, error: string) =>
  z
    .record(z.string(), value, { error })
    .nullish()
    .transform((record) => new Map(Object.entries(record ?? {})));

const exposure = z.looseObject(
  {
    "expose-to-spaces": z.array(text, { error: "a list of spaces" }).nullish(),
    "expose-to-cidrs": z.array(text, { error: "a list of CIDRs" }).nullish(),
  },
  { error: "a mapping with expose-to-spaces and expose-to-cidrs" },
);

const offer = z.looseObject(
  {
    endpoints: z.array(text, { error: "a list of endpoints" }).nullish(),
    acl: mapOf(text, "a mapping of users to access"),
  },
  { error: "a mapping with endpoints and acl" },
);

const application = z.looseObject(
  {
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
    constraints: text.nullish(),
    bindings: mapOf(text.nullable(), "a mapping of endpoints to spaces"),
    storage: mapOf(text, "a mapping of storage names to pool,count,size"),
    devices: mapOf(text, "a mapping of device names to constraints"),
    resources: mapOf(scalar, "a mapping of resources to revisions or paths"),
    offers: mapOf(offer, "a mapping of offers"),
    "exposed-endpoints": mapOf(exposure.nullable(), "a mapping of endpoints to exposure"),
  },
  { error: "a mapping that describes an application" },
);

const machine = z.looseObject(
  { base: text.nullish(), series: text.nullish(), constraints: text.nullish() },
  { error: "a mapping that describes a machine" },
);

const ends = z.union([text.transform((one) => [one]), z.array(text)], { error: "an endpoint" });
const relation = z
  .array(ends, { error: "a list of two endpoints" })
  .refine((pair) => pair.length === 2, { error: "a list of two endpoints" });

const bundle = z.looseObject({
  "default-base": text.nullish(),
  base: text.nullish(),
  series: text.nullish(),
  applications: mapOf(application, "a mapping of applications"),
  machines: mapOf(machine.nullable(), "a mapping of machines"),
  relations: z.array(relation, { error: "a list of relations" }).nullish(),
  saas: mapOf(
    z.looseObject({ url: text.nullish() }, { error: "a mapping with a url" }),
    "a mapping of remote offers",
  ),
});

export type RawApplication = z.output<typeof application>;
export type RawMachine = z.output<typeof machine>;
export type RawBundle = z.output<typeof bundle>;

/** What a value is, never what it holds: it may be a secret. */
const typeName = (value: unknown): string => {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isNumberLiteral(value)) return "a number";
  if (typeof value === "boolean") return "true/false";
  return typeof value === "object" ? "a mapping" : "a text";
};

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );

/**
 * The bundle with its types checked, or every place where a type is wrong.
 * @param name - the file, for the problems
 */
export const checkShape = (raw: Mapping, name: string): Result<RawBundle> => {
  const parsed = bundle.safeParse(raw);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map(
    (issue): Problem => ({
      where: `${name}: ${issue.path.map(String).join(" / ") || "the document"}`,
      found: typeName(valueAt(raw, issue.path)),
      expected: issue.message,
      next: "correct the file; `juju deploy --dry-run` checks a bundle too",
    }),
  );
  return { ok: false, problems };
};
