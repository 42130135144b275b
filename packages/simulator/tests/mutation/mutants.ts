import { createHash } from "node:crypto";
import ts from "typescript";

/** One small change of a source file, by which the simulator answers or behaves differently. */
export type Mutant = {
  readonly file: string;
  readonly line: number;
  readonly operator: Operator;
  readonly start: number;
  readonly end: number;
  readonly was: string;
  readonly becomes: string;
};

/** Which changes are made: of texts, numbers, truths, comparisons; statements or list entries left out; keys renamed. */
export type Operator = "text" | "number" | "truth" | "comparison" | "statement" | "entry" | "key";

type Change = { operator: Operator; node: ts.Node; becomes: string };

const opposite: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

const isText = (node: ts.Node): boolean =>
  ts.isStringLiteral(node) ||
  ts.isNoSubstitutionTemplateLiteral(node) ||
  ts.isTemplateHead(node) ||
  ts.isTemplateMiddle(node) ||
  ts.isTemplateTail(node);

/** A text with one more character after its first letter, if it says anything. */
const changedText = (source: string): string | undefined => {
  const at = source.search(/[A-Za-z]/);
  return at < 0 ? undefined : `${source.slice(0, at + 1)}~${source.slice(at + 1)}`;
};

const changesOf = (node: ts.Node, source: ts.SourceFile): Change[] => {
  const text = node.getText(source);
  const changed = isText(node) ? changedText(text) : undefined;
  if (changed !== undefined) return [{ operator: "text", node, becomes: changed }];
  if (ts.isNumericLiteral(node)) return [{ operator: "number", node, becomes: `${Number(node.text) + 1}` }];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ operator: "truth", node, becomes: "false" }];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [{ operator: "truth", node, becomes: "true" }];
  if (ts.isBinaryExpression(node)) {
    const becomes = opposite[node.operatorToken.getText(source)];
    return becomes ? [{ operator: "comparison", node: node.operatorToken, becomes }] : [];
  }
  if (ts.isExpressionStatement(node)) return [{ operator: "statement", node, becomes: ";" }];
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 1)
    return node.elements
      .filter((element) => ts.isLiteralExpression(element) || ts.isArrayLiteralExpression(element))
      .map((element) => ({ operator: "entry", node: element, becomes: "..." }));
  if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name))
    return [{ operator: "key", node: node.name, becomes: `${node.name.text}_` }];
  return [];
};

/** Types and module names are no behaviour. */
const skipped = (node: ts.Node): boolean =>
  ts.isImportDeclaration(node) ||
  ts.isExportDeclaration(node) ||
  ts.isTypeNode(node) ||
  ts.isTypeAliasDeclaration(node);

/** All changes of a file by the given operators, in the order of the source. */
export const mutantsOf = (file: string, text: string, operators: readonly Operator[]): Mutant[] => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const found: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (skipped(node)) return;
    for (const { operator, node: changed, becomes } of changesOf(node, source)) {
      if (!operators.includes(operator)) continue;
      const start = changed.getStart(source);
      const end = changed.getEnd();
      const { line } = source.getLineAndCharacterOfPosition(start);
      // An entry goes with its comma: what is left in its place spreads nothing.
      const replacement = operator === "entry" ? "...[]" : becomes;
      found.push({
        file,
        line: line + 1,
        operator,
        start,
        end,
        was: text.slice(start, end),
        becomes: replacement,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

const digest = ({ file, operator, was, start }: Mutant): string =>
  createHash("sha1").update(`${file} ${operator} ${was} ${start}`).digest("hex");

/** `count` of the mutants, spread over all, and the same ones each time while the sources stay as they are. */
export const sample = (mutants: readonly Mutant[], count: number): Mutant[] =>
  mutants.toSorted((a, b) => (digest(a) < digest(b) ? -1 : 1)).slice(0, count);
