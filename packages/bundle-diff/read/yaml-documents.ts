import { parseAllDocuments } from "yaml";
import type { Problem, Result } from "../problem.ts";
import { limits } from "./limits.ts";
import { documentValue } from "./yaml-values.ts";

/** How many problems of one file are worth reading. */
const mostProblems = 5;

/**
 * The documents of a YAML text with anchors and merge keys resolved and numbers kept as they were written
 * (`NumberLiteral`). Problems name lines, never content: the text may hold secrets.
 */
export const yamlDocuments = (text: string, name: string): Result<readonly unknown[]> => {
  const problem = (found: string, offset?: number): Problem => ({
    where: name,
    found: offset === undefined ? found : `${found}, in line ${text.slice(0, offset).split("\n").length}`,
    expected: "a bundle in YAML, as `juju export-bundle` writes it",
    next: "check the file with an editor that knows YAML, or take another export",
  });
  try {
    const documents = [
      ...parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, logLevel: "silent" }),
    ];
    if (documents.length > limits.documents)
      return { ok: false, problems: [problem(`more than ${limits.documents} YAML documents`)] };
    const errors = documents.flatMap((document) => document.errors).slice(0, mostProblems);
    if (errors.length > 0)
      return {
        ok: false,
        problems: errors.map(({ code, pos }) =>
          problem(`not valid YAML (${code.toLowerCase().replaceAll("_", " ")})`, pos[0]),
        ),
      };
    const results = documents.map(documentValue);
    const faults = results.flatMap((result) =>
      "found" in result ? [problem(result.found, result.offset)] : [],
    );
    return faults.length > 0
      ? { ok: false, problems: faults.slice(0, mostProblems) }
      : { ok: true, value: results.flatMap((result) => ("found" in result ? [] : [result.value])) };
  } catch {
    // The parser runs out of stack on thousands of open brackets.
    return {
      ok: false,
      problems: [problem("YAML that cannot be read, such as one that is nested too deeply")],
    };
  }
};
