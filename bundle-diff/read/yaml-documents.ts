import { isAlias, isScalar, parseAllDocuments, visit } from "yaml";
import type { Problem, Result } from "../problem.ts";
import { limits } from "./limits.ts";
import { isNumberLiteral, numberLiteral } from "./scalar.ts";

/** Counts values as an alias bomb would multiply them, and stops at the limit. Says what is wrong, or nothing. */
const overLimit = (root: unknown): string | undefined => {
  let left: number = limits.values;
  const walk = (value: unknown, depth: number): string | undefined => {
    left -= 1;
    if (left < 0) return `more than ${limits.values} values once its YAML anchors are resolved`;
    if (depth > limits.depth) return `more than ${limits.depth} levels of nesting`;
    if (typeof value !== "object" || value === null || isNumberLiteral(value)) return undefined;
    if (Object.hasOwn(value, "__proto__")) return "a key named __proto__";
    for (const child of Object.values(value)) {
      const problem = walk(child, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return walk(root, 0);
};

/**
 * The documents of a YAML text with anchors and merge keys resolved and numbers kept as they were written
 * (`NumberLiteral`). Problems name lines, never content: the text may hold secrets.
 */
export const yamlDocuments = (text: string, name: string): Result<readonly unknown[]> => {
  const problem = (found: string): Problem => ({
    where: name,
    found,
    expected: "a bundle in YAML, as `juju export-bundle` writes it",
    next: `check the file, or export it again: juju export-bundle --filename ${JSON.stringify(name)}`,
  });
  try {
    const parsed = parseAllDocuments(text, { merge: true, prettyErrors: false, logLevel: "silent" });
    // An empty stream is an array-like with the directives as extras; there are no documents in it.
    const documents = [...parsed];
    if (documents.length > limits.documents)
      return { ok: false, problems: [problem(`more than ${limits.documents} YAML documents`)] };
    const lineOf = (offset: number): number => text.slice(0, offset).split("\n").length;
    const errors = documents.flatMap((document) => document.errors);
    if (errors.length > 0)
      return {
        ok: false,
        problems: errors
          .slice(0, 5)
          .map((error) =>
            problem(`not valid YAML in line ${lineOf(error.pos[0])} (${error.code.toLowerCase()})`),
          ),
      };
    const values: unknown[] = [];
    for (const document of documents) {
      visit(document, {
        Scalar: (key, node) => {
          if (typeof node.value !== "number" && typeof node.value !== "bigint") return;
          const source = node.source ?? String(node.value);
          node.value = key === "key" ? source : numberLiteral(source);
        },
      });
      if (isScalar(document.contents) || isAlias(document.contents)) {
        values.push(isScalar(document.contents) ? document.contents.value : undefined);
        continue;
      }
      // The alias limit of the parser refuses honest bundles with many uses of one anchor; ours counts values.
      values.push(document.toJS({ maxAliasCount: -1 }));
    }
    const excess = overLimit(values);
    return excess === undefined ? { ok: true, value: values } : { ok: false, problems: [problem(excess)] };
  } catch (error) {
    const found =
      error instanceof RangeError
        ? "YAML that is nested too deeply or refers to itself"
        : "YAML that cannot be read";
    return { ok: false, problems: [problem(found)] };
  }
};
