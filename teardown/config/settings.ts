import { z } from "zod";
import { TeardownError } from "../errors.ts";
import { parseDuration } from "./duration.ts";

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
// YAML makes a number of a text like 007; anything else that is no text is a mistake.
const asText = (value: unknown): unknown =>
  typeof value === "number" || typeof value === "boolean" ? String(value) : value;
const text = z.string({ error: "is not a text" }).trim();
const word = <Text extends z.ZodType<string, string>>(kind: Text) => z.preprocess(asText, kind);
const anyWord = word(text);
const needed = (example: string) => word(text.min(1, `is not set; for example: ${example}`)).prefault("");
const hostnameText = z.string({ error: "holds something that is no hostname" }).trim();
const flag = z.preprocess(fromText, z.boolean({ error: "is not true or false" }));
const names = z.preprocess(
  fromText,
  z
    .array(word(hostnameText.min(1, "holds an empty name")), { error: "is not a list of hostnames" })
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
  if (ms === undefined) context.addIssue(`is ${JSON.stringify(text)}, not a duration such as 90s, 10m or 1h`);
  else if (ms > longest) context.addIssue(`is ${JSON.stringify(text)}; the longest is ${longest / hour}h`);
  return ms ?? 0;
});
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
  backupRoot: word(text.min(1, "is empty; for example: ~/backups")).default("~/backups"),
  backupLabel: word(
    text.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a plain file name: letters, digits, dots, dashes"),
  ).default("pre-caracal-destroy"),
  releaseComment: anyWord.default("Caracal rebuild teardown"),
  erase: z
    .enum(["none", "disk", "quick", "secure"], { error: "is none of none, disk, quick, secure" })
    .default("none"),
  stuckAfter: duration.default(600_000),
  // Its default depends on `erase`.
  deadline: z.preprocess((value) => (value === "" ? undefined : value), duration.optional()),
  protect: flag.default(false),
  nextStep: anyWord.default("02-deploy.md"),
  maasConcurrency: z
    .preprocess(
      fromText,
      z.int({ error: "is not a whole number" }).min(1, "is less than 1").max(256, "is more than 256"),
    )
    .default(16),
  simulated: flag.default(false),
  adoptPartial: flag.default(false),
  withoutBundle: flag.default(false),
  acceptDeleted: names.default([]),
  alsoDestroyed: names.default([]),
  acceptVmDeletion: flag.default(false),
});

type Parsed = z.output<typeof schema>;

/** What only shows when keys are seen together; a key that could not be read by itself is left out. */
const problemsAcross = (value: Partial<Parsed>): { key: string; message: string }[] => {
  const problems: { key: string; message: string }[] = [];
  const issue = (key: string, message: string) => void problems.push({ key, message });
  const { machines, maasProfile, maasApiUrl, maasApiKey } = value;
  if (machines?.length === 0) issue("machines", "is empty; at least one hostname is needed");
  for (const name of machines ?? []) {
    if (!hostname.test(name))
      issue("machines", `holds ${JSON.stringify(name)}, which is not a short hostname`);
  }
  if (maasProfile && maasApiUrl) issue("maasProfile", "and maasApiUrl are both set; keep one of them");
  if (maasProfile === "" && maasApiUrl === "")
    issue("maasProfile", "is not set, nor is maasApiUrl; for example: admin");
  if (maasApiUrl && maasApiKey === "") issue("maasApiKey", "is not set, but maasApiUrl is");
  if (maasApiUrl && !URL.canParse(maasApiUrl)) issue("maasApiUrl", "is not a URL");
  if (maasApiKey && !/^[^:\s]+:[^:\s]+:[^:\s]+$/.test(maasApiKey)) {
    issue("maasApiKey", "is not a MAAS API key (three parts with colons between)");
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

const lists = new Set(["machines", "acceptDeleted", "alsoDestroyed"]);

const howToSet = (key: string): string => {
  if (key === "maasApiKey") return `pulumi config set --secret ${key} <key>`;
  if (lists.has(key)) return `pulumi config set --path '${key}[0]' <hostname>`;
  return `pulumi config set ${key} <value>`;
};

// A key without a value (`host:`) is not set; it is not the word "null".
const set = (raw: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null && value !== undefined));

/**
 * Checks the configuration of a lab.
 *
 * @param raw values by key, without the namespace; texts, or what YAML makes of them
 * @throws TeardownError `config`, which lists every problem with its key and how to set it
 */
export const parseSettings = (raw: Record<string, unknown>): Settings => {
  const given = set(raw);
  const parsed = schema.safeParse(given);
  const across = problemsAcross(parsed.success ? parsed.data : readable(given));
  if (parsed.success && across.length === 0) {
    const slow = parsed.data.erase === "disk" || parsed.data.erase === "secure";
    return { ...parsed.data, deadline: parsed.data.deadline ?? (slow ? 24 * hour : hour) };
  }
  const say = (key: string, message: string) => `  ${namespace}:${key} ${message}\n      ${howToSet(key)}`;
  const alone = (parsed.error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map(
          (key) => `  ${namespace}:${key} is not a key of this project\n      pulumi config rm ${key}`,
        )
      : [say(String(issue.path[0] ?? ""), issue.message)],
  );
  const problems = [...new Set([...alone, ...across.map(({ key, message }) => say(key, message))])];
  throw new TeardownError(
    "config",
    `the stack's configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}; nothing was touched\n${problems.join("\n")}`,
  );
};

/** Picks our keys out of a whole configuration and drops the namespace. */
export const ourKeys = (all: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(`${namespace}:`))
      .map(([key, value]) => [key.slice(namespace.length + 1), value]),
  );
