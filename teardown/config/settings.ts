import { z } from "zod";
import { TeardownError } from "../errors.ts";
import { parseDuration } from "./duration.ts";
import { howToPermit, isPermission, permissionShape } from "./permissions.ts";

/** The namespace of our keys in a stack's configuration, in this project and in any other that uses the lab. */
export const namespace = "openstack-lab";

const hour = 3_600_000;

// The engine hands arrays, numbers and booleans over as text; the stack file holds them as they are. Both are read.
const fromText = (value: unknown): unknown => {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};
// YAML makes a number of a text like 007; anything else that is not a string is a mistake.
const asText = (value: unknown): unknown =>
  typeof value === "number" || typeof value === "boolean" ? String(value) : value;
const text = z.string({ error: "must be a string" }).trim();
const word = <Text extends z.ZodType<string, string>>(kind: Text) => z.preprocess(asText, kind);
const anyWord = word(text);
const needed = (example: string) => word(text.min(1, `is not set; for example: ${example}`)).prefault("");
const hostnameText = z.string({ error: "contains an invalid hostname" }).trim();
const flag = z.preprocess(fromText, z.boolean({ error: "must be true or false" }));
const names = z.preprocess(
  fromText,
  z
    .array(word(hostnameText.min(1, "contains an empty name")), { error: "must be a list of hostnames" })
    .refine((list) => new Set(list).size === list.length, {
      error: (issue) => `names ${twice(issue.input)} more than once`,
    }),
);
const twice = (list: unknown): string =>
  Array.isArray(list) ? [...new Set(list.filter((name, at) => list.indexOf(name) !== at))].join(", ") : "one";
// A timer of Node's that is set to more than 2^31 ms goes off at once.
const longest = 24 * 24 * hour;
const duration = anyWord.transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === undefined)
    context.addIssue(`must be a duration such as 90s, 10m or 1h, not ${JSON.stringify(text)}`);
  else if (ms > longest) context.addIssue(`must be at most ${longest / hour}h, not ${JSON.stringify(text)}`);
  return ms ?? 0;
});
// What a path means must not depend on the folder in which it is read.
const path = /^($|\/|~\/|~$)/;
const words = z.preprocess(
  fromText,
  z.array(word(text.min(1, "contains an empty word")), { error: "must be a list of words" }),
);
// A hostname is a DNS label for MAAS; anything else would be a typing mistake that matches nothing.
const hostname = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

const schema = z.strictObject({
  host: needed("vopenstack-jesse"),
  user: needed("jessea123"),
  jujuModel: needed("openstack"),
  jujuController: anyWord.default(""),
  maasProfile: anyWord.default(""),
  maasApiUrl: anyWord.default(""),
  maasApiKey: anyWord.default(""),
  machines: names.default([]),
  // Nobody's home but the operator's own is looked up, and what a relative path means depends on who reads it.
  backupRoot: word(
    text
      .min(1, "is empty; for example: ~/backups")
      .regex(path, "must be an absolute path or start with ~/; for example: ~/backups"),
  ).default("~/backups"),
  backupLabel: word(
    text.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a plain file name: letters, digits, dots, dashes"),
  ).default("pre-caracal-destroy"),
  releaseComment: anyWord.default("Caracal rebuild teardown"),
  erase: z
    .enum(["none", "disk", "quick", "secure"], { error: "must be one of none, disk, quick, secure" })
    .default("none"),
  stuckAfter: duration.default(600_000),
  // Its default depends on `erase`.
  deadline: z.preprocess((value) => (value === "" ? undefined : value), duration.optional()),
  protect: flag.default(false),
  nextStep: anyWord.default("02-deploy.md"),
  maasConcurrency: z
    .preprocess(
      fromText,
      z.int({ error: "must be a whole number" }).min(1, "must be at least 1").max(256, "must be at most 256"),
    )
    .default(16),
  simulated: flag.default(false),
  approved: word(
    text
      .toLowerCase()
      .regex(
        /^([0-9a-f]{64})?$/,
        "must be the digest that `openstack-lab plan` prints: 64 hexadecimal digits",
      ),
  ).default(""),
  requireApproval: flag.default(false),
  approvedPlan: word(text.regex(path, "must be an absolute path or start with ~/")).default(""),
  // A program is looked for on PATH, or by a path that means the same everywhere.
  snapshotCommand: words
    .refine(([program = "/"]) => path.test(program) || !program.includes("/"), {
      error: "must begin with an absolute path, one that starts with ~/, or the name of a program on PATH",
    })
    .default([]),
  requireSnapshot: flag.default(false),
  restoreHint: anyWord.default(""),
  ...permissionShape,
});

type Parsed = z.output<typeof schema>;

/** What only shows when keys are seen together; a key that could not be read by itself is left out. */
const problemsAcross = (
  value: Partial<Parsed>,
  secretKeys: ReadonlySet<string> | undefined,
): { key: string; message: string }[] => {
  const problems: { key: string; message: string }[] = [];
  const issue = (key: string, message: string) => void problems.push({ key, message });
  const { machines, maasProfile, maasApiUrl, maasApiKey } = value;
  if (machines?.length === 0) issue("machines", "is empty; at least one hostname is needed");
  for (const name of machines ?? []) {
    if (!hostname.test(name))
      issue("machines", `contains an invalid hostname: ${JSON.stringify(name)} (short names only)`);
  }
  if (maasProfile && maasApiUrl) issue("maasProfile", "and maasApiUrl are both set; keep one of them");
  if (maasProfile === "" && maasApiUrl === "")
    issue("maasProfile", "or maasApiUrl must be set; for example: admin");
  if (maasApiUrl && maasApiKey === "") issue("maasApiKey", "is not set, but maasApiUrl is");
  if (maasApiUrl && !URL.canParse(maasApiUrl)) issue("maasApiUrl", "must be a URL");
  if (maasApiKey && !/^[^:\s]+:[^:\s]+:[^:\s]+$/.test(maasApiKey)) {
    issue("maasApiKey", "must be a MAAS API key (three parts separated by colons)");
  }
  if (maasApiKey && secretKeys && !secretKeys.has(`${namespace}:maasApiKey`)) {
    issue("maasApiKey", "must be a secret; it is stored in plain text");
  }
  return problems;
};

/** Each key that can be read by itself. */
const readable = (raw: Record<string, unknown>): Partial<Parsed> =>
  Object.fromEntries(
    Object.entries(schema.shape).flatMap(([key, kind]) => {
      const parsed = kind.safeParse(raw[key]);
      return parsed.success ? [[key, parsed.data]] : [];
    }),
  );

/** The configuration of one lab, checked. Durations are in ms. */
export type Settings = Omit<z.output<typeof schema>, "deadline"> & { deadline: number };

/** Every key that a stack may set, without the namespace. */
export const settingKeys: readonly string[] = Object.keys(schema.shape);

const howToSet = (key: string): string => {
  if (key === "maasApiKey") return `pulumi config set --secret ${key}`;
  if (isPermission(key)) return howToPermit(key);
  if (key === "machines") return `pulumi config set --path '${key}[0]' <hostname>`;
  if (key === "snapshotCommand") return `pulumi config set --path '${key}[0]' <program>`;
  return `pulumi config set ${key} <value>`;
};

// A key without a value (`host:`) is not set; it is not the word "null".
const set = (raw: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null && value !== undefined));

/**
 * Checks the configuration of a lab.
 *
 * @param raw values by key, without the namespace; strings, or what YAML makes of them
 * @param options.secretKeys the keys that are secrets, with their namespace; without it nothing is said of secrecy
 * @throws TeardownError `config`, which lists every problem with its key and how to set it
 */
export const parseSettings = (
  raw: Record<string, unknown>,
  options: { secretKeys?: ReadonlySet<string> } = {},
): Settings => {
  const given = set(raw);
  const parsed = schema.safeParse(given);
  const across = problemsAcross(parsed.success ? parsed.data : readable(given), options.secretKeys);
  if (parsed.success && across.length === 0) {
    const slow = parsed.data.erase === "disk" || parsed.data.erase === "secure";
    return { ...parsed.data, deadline: parsed.data.deadline ?? (slow ? 24 * hour : hour) };
  }
  const say = (key: string, message: string) => `  ${namespace}:${key} ${message}\n      ${howToSet(key)}`;
  const alone = (parsed.error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map(
          (key) => `  ${namespace}:${key} is not a setting of this project\n      pulumi config rm ${key}`,
        )
      : [say(String(issue.path[0] ?? ""), issue.message)],
  );
  const problems = [...new Set([...alone, ...across.map(({ key, message }) => say(key, message))])];
  throw new TeardownError(
    "config",
    `the stack's configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}; nothing was touched\n${problems.join("\n")}`,
  );
};

/**
 * Whether a host is the one that was expected, case-insensitively. A name without a domain is the same host in any domain;
 * two names with one must be equal: `infra1.staging.example` is not `infra1.prod.example`.
 */
export const hostMatches = (expected: string, actual: string): boolean => {
  const [one, other] = [expected, actual].map((name) => name.trim().toLowerCase().replace(/\.$/, ""));
  if (!one || !other) return false;
  if (one.includes(".") && other.includes(".")) return one === other;
  return one.split(".")[0] === other.split(".")[0];
};

/** Picks our keys out of a whole configuration and drops the namespace. */
export const ourKeys = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(`${namespace}:`))
      .map(([key, value]) => [key.slice(namespace.length + 1), value]),
  );
