import type { Bundle } from "../model.ts";
import { normaliseBundle } from "../normalise/bundle.ts";
import type { Problem, Result } from "../problem.ts";
import { isMapping, type Mapping, mergeDocuments } from "./merge-documents.ts";
import { checkShape } from "./shape.ts";
import { readSource } from "./source.ts";
import { yamlDocuments } from "./yaml-documents.ts";

/** What people give by mistake, by the keys that give it away. */
const otherThings: ReadonlyArray<{ readonly keys: readonly string[]; readonly found: string }> = [
  { keys: ["model", "controller"], found: "the output of `juju status`" },
  { keys: ["model", "machines"], found: "the output of `juju status` or `juju machines`" },
  { keys: ["models"], found: "the output of `juju models`" },
];

const notABundle = (name: string, merged: unknown): Problem | undefined => {
  const problem = (found: string): Problem => ({
    where: name,
    found,
    expected: "a bundle: a YAML mapping with `applications`, as `juju export-bundle` writes it",
    next: "give the bundle file, or the run directory that holds bundle-pre-destroy.yaml",
  });
  if (!isMapping(merged)) return problem("no YAML mapping");
  const other = otherThings.find(({ keys }) => keys.every((key) => merged[key] !== undefined));
  if (other !== undefined) return problem(other.found);
  return isMapping(merged.applications) ? undefined : problem("no `applications`");
};

/** The bundle in one file's text and its overlays' texts, in order. */
export const parseBundle = (
  sources: ReadonlyArray<{ readonly name: string; readonly text: string }>,
): Result<Bundle> => {
  const parsed = sources.map(({ name, text }) => yamlDocuments(text, name));
  const problems = parsed.flatMap((result) => (result.ok ? [] : result.problems));
  if (problems.length > 0) return { ok: false, problems };
  const name = sources.map((source) => source.name).join(" + ");
  const documents = parsed
    .flatMap((result) => (result.ok ? result.value : []))
    .filter((document) => document !== null && document !== undefined);
  const mappings = documents.filter((document): document is Mapping => isMapping(document));
  const merged =
    mappings.length === documents.length && mappings.length > 0 ? mergeDocuments(mappings) : undefined;
  const problem = notABundle(name, merged);
  if (merged === undefined || problem !== undefined)
    return { ok: false, problems: problem === undefined ? [] : [problem] };
  const shape = checkShape(merged, name);
  return shape.ok ? { ok: true, value: normaliseBundle(shape.value) } : shape;
};

/**
 * Reads a bundle from a file or a run directory, with overlay files laid over it in order.
 * @param directory - what relative paths start from
 * @returns the bundle, or everything that is wrong with any of the files
 */
export const readBundle = async (
  path: string,
  overlays: readonly string[],
  directory: string,
): Promise<Result<Bundle>> => {
  const read = await Promise.all([path, ...overlays].map((file) => readSource(file, directory)));
  const problems = read.flatMap((result) => (result.ok ? [] : result.problems));
  if (problems.length > 0) return { ok: false, problems };
  return parseBundle(read.flatMap((result) => (result.ok ? [result.value] : [])));
};
