import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Document, isNode, isScalar, parseAllDocuments, visit } from "yaml";
import { type Bundle, bundleSchema, NumberLiteral } from "./normalise.ts";

/** Why a bundle cannot be compared, for the operator. `next` is what to type. */
export type Problem = {
  readonly where: string;
  readonly found: string;
  readonly expected: string;
  readonly next: string;
};

/** What a bundle may cost. An export of 27 applications has 11 KB; certificates and policies make it larger. */
export const limits = {
  fileBytes: 2_000_000,
  /** Values once YAML anchors are resolved, which an alias bomb multiplies. */
  values: 250_000,
  /** Uses of YAML anchors: resolving them takes quadratic time. */
  aliases: 5000,
  /** Levels of nesting; a bundle has six. */
  depth: 50,
  /** YAML documents in one file; an export has one or two. */
  documents: 100,
} as const;

type Source = { readonly name: string; readonly text: string };

/** The name of the bundle in a run directory, as in the runbook. */
const bundleFileName = "bundle-pre-destroy.yaml";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "no permission to read it",
  ENOTDIR: "a part of the path is not a directory",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "a name that is too long",
  ERR_ENCODING_INVALID_ENCODED_DATA: "bytes that are not UTF-8 text",
};

/**
 * The text of a bundle file, of a pipe, or of the bundle in a run directory.
 * @param directory - what a relative path starts from
 */
const readSource = async (path: string, directory: string, problems: Problem[]): Promise<Source> => {
  let file = path;
  const fail = (found: string, expected: string, command = "ls -l"): Source => {
    problems.push({ where: file, found, expected, next: `${command} ${JSON.stringify(file)}` });
    return { name: file, text: "" };
  };
  try {
    let status = await stat(resolve(directory, file));
    if (status.isDirectory()) {
      file = join(path, bundleFileName);
      status = await stat(resolve(directory, file));
    }
    if (!status.isFile() && !status.isFIFO())
      return fail("not a regular file", "a bundle file or a run directory", "file");
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of createReadStream(resolve(directory, file))) {
      if (!(chunk instanceof Buffer)) continue;
      bytes += chunk.length;
      // An endless file or pipe must not fill the memory.
      if (bytes > limits.fileBytes)
        return fail(`more than ${limits.fileBytes / 1_000_000} MB`, "a bundle, usually 10 to 500 KB");
      chunks.push(chunk);
    }
    return { name: file, text: new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      return fail(reasons[code] ?? code, "a bundle in YAML", "file");
    const isRun = file !== path;
    const expected = isRun
      ? `a run directory, which holds ${bundleFileName}`
      : "a bundle file or a run directory";
    return fail(reasons[code] ?? code, expected);
  }
};

type Mapping = { readonly [key: string]: unknown };

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral);

/** The value of a document within the limits, with anchors and merge keys resolved. */
const documentValue = (
  document: Document.Parsed,
  fail: (found: string, node?: unknown) => never,
): unknown => {
  let aliases = 0;
  visit(document, {
    // Numbers keep their spelling.
    Scalar: (_, node) => {
      if (typeof node.value === "number") node.value = new NumberLiteral(node.source ?? String(node.value));
    },
    Alias: (_, node) => {
      aliases += 1;
      if (aliases > limits.aliases) fail(`more than ${limits.aliases} YAML aliases`, node);
    },
    // The library's own check for duplicate keys takes minutes for a flat file of 1 MB.
    Map: (_, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) return fail("a key that is not a string", key);
        // `0:` and `'0':` are one key. The merge key `<<` is a symbol.
        if (!["string", "symbol"].includes(typeof key.value)) key.value = key.source ?? String(key.value);
        if (key.value === "__proto__") fail("a key named __proto__", key);
        if (keys.has(key.value)) fail("a key that is given twice", key);
        keys.add(key.value);
      }
    },
  });
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  let left: number = limits.values;
  const spend = (inner: unknown, depth: number): void => {
    left -= 1;
    if (left < 0) fail(`more than ${limits.values} values once its YAML anchors are resolved`);
    if (depth > limits.depth) fail(`more than ${limits.depth} levels of nesting`);
    if (Array.isArray(inner) || isMapping(inner))
      for (const part of Object.values(inner)) spend(part, depth + 1);
  };
  spend(value, 0);
  return value;
};

/** The values of all documents in a YAML text. Problems name lines and never content, which may be secret. */
const parseDocuments = ({ name, text }: Source, problems: Problem[]): readonly unknown[] => {
  const before = problems.length;
  const add = (found: string, offset?: number): void => {
    const line = offset === undefined ? "" : `, in line ${text.slice(0, offset).split("\n").length}`;
    const expected = "a bundle in YAML, as `juju export-bundle` writes it";
    const next = "check the file with an editor that knows YAML, or export the bundle again";
    problems.push({ where: name, found: found + line, expected, next });
  };
  const fail = (found: string, node?: unknown): never => {
    add(found, isNode(node) ? node.range?.[0] : undefined);
    throw new Error(found);
  };
  try {
    const options = {
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
      merge: true,
    } as const;
    const documents = [...parseAllDocuments(text, options)];
    if (documents.length > limits.documents) fail(`more than ${limits.documents} YAML documents`);
    const errors = documents.flatMap((document) => document.errors).slice(0, 5);
    for (const { code, pos } of errors)
      add(`not valid YAML (${code.toLowerCase().replaceAll("_", " ")})`, pos[0]);
    return errors.length > 0 ? [] : documents.map((document) => documentValue(document, fail));
  } catch {
    // The parser runs out of stack on thousands of open brackets.
    if (problems.length === before)
      add("YAML that cannot be read: nested too deeply, or an alias without an anchor before it");
    return [];
  }
};

const mergeValue = (base: unknown, overlay: unknown): unknown => {
  if (!isMapping(base) || !isMapping(overlay)) return overlay;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(overlay)) merged.set(key, mergeValue(merged.get(key), value));
  return Object.fromEntries(merged);
};

const applicationsOf = (end: unknown): readonly string[] =>
  typeof end === "string" ? [end.split(":")[0] ?? ""] : Array.isArray(end) ? end.flatMap(applicationsOf) : [];

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value ?? []].flat());

/**
 * Lays an overlay over a bundle as Juju does: mappings are merged, other values and machines replaced, and
 * relations added. `applications: {name: null}` removes an application and its relations.
 */
const layOver = (base: Mapping, overlay: Mapping): Mapping => {
  const merged = mergeValue(base, overlay);
  if (!isMapping(merged)) return base;
  const ofOverlay = isMapping(overlay.applications) ? Object.entries(overlay.applications) : [];
  const removed = new Set(ofOverlay.flatMap(([name, value]) => (value === null ? [name] : [])));
  const relations = [...asList(base.relations), ...asList(overlay.relations)];
  return {
    ...merged,
    applications: isMapping(merged.applications)
      ? Object.fromEntries(Object.entries(merged.applications).filter(([name]) => !removed.has(name)))
      : merged.applications,
    machines: overlay.machines ?? base.machines,
    relations: relations.filter((relation) => !applicationsOf(relation).some((name) => removed.has(name))),
  };
};

/** Before Juju 2 bundles called applications `services`. */
const withApplications = ({ services, ...document }: Mapping): Mapping =>
  services === undefined ? document : { applications: services, ...document };

/** Other files that people give by mistake, by the keys that give them away. */
const mistakes: ReadonlyArray<{ readonly keys: readonly string[]; readonly found: string }> = [
  { keys: ["model", "controller"], found: "the output of `juju status`" },
  { keys: ["model", "machines"], found: "the output of `juju status` or `juju machines`" },
  { keys: ["models"], found: "the output of `juju models`" },
];

/** What a value is, never what it contains: it may be a secret. */
const typeName = (value: unknown): string => {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (value instanceof NumberLiteral) return "a number";
  if (typeof value === "boolean") return "true/false";
  return typeof value === "object" ? "a mapping" : "a string";
};

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );

/** A bundle, or everything that is wrong with its files. */
export type Read = { readonly bundle: Bundle | undefined; readonly problems: readonly Problem[] };

/** The bundle in the texts of a file and of its overlays, in order. */
export const parseBundle = (sources: readonly Source[]): Read => {
  const problems: Problem[] = [];
  const where = sources.map(({ name }) => name).join(" + ");
  const notABundle = (found: string): Read => ({
    bundle: undefined,
    problems: [
      {
        where,
        found,
        expected: "a bundle: a YAML mapping with `applications`, as `juju export-bundle` writes it",
        next: `give the bundle file, or the run directory that holds ${bundleFileName}`,
      },
    ],
  });
  const documents = sources
    .flatMap((source) => parseDocuments(source, problems))
    .filter((document) => document !== null);
  if (problems.length > 0) return { bundle: undefined, problems };
  if (documents.length === 0 || !documents.every(isMapping)) return notABundle("no YAML mapping");
  const merged = documents.map(withApplications).reduce(layOver);
  const mistake = mistakes.find(({ keys }) => keys.every((key) => merged[key] !== undefined));
  if (mistake !== undefined) return notABundle(mistake.found);
  if (!isMapping(merged.applications)) return notABundle("no `applications`");
  const parsed = bundleSchema.safeParse(merged);
  return {
    bundle: parsed.data,
    problems: (parsed.error?.issues ?? []).map(({ path, message }) => ({
      where: `${where}: ${path.map(String).join(" / ")}`,
      found: typeName(valueAt(merged, path)),
      expected: message,
      next: "correct the file; `juju deploy --dry-run` checks a bundle too",
    })),
  };
};

/**
 * Reads a bundle from a file or a run directory, with overlay files laid over it in order.
 * @param directory - what relative paths start from
 */
export const readBundle = async (
  path: string,
  overlays: readonly string[],
  directory: string,
): Promise<Read> => {
  const problems: Problem[] = [];
  const sources = await Promise.all([path, ...overlays].map((file) => readSource(file, directory, problems)));
  return problems.length > 0 ? { bundle: undefined, problems } : parseBundle(sources);
};
