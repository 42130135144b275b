import { type Document, isAlias, isMap, isPair, isScalar, isSeq } from "yaml";
import { limits } from "./limits.ts";
import { numberLiteral } from "./scalar.ts";

/** A value with what it costs: how many values it holds once anchors are resolved, and how deep they go. */
type Sized = { readonly value: unknown; readonly size: number; readonly height: number };

/** Why a document cannot be used, and where in the text (an offset in characters) if that is known. */
export type YamlFault = { readonly found: string; readonly offset: number | undefined };

const fault = (found: string, node: unknown): YamlFault => {
  const offset = typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
  return { found, offset: Array.isArray(offset) && typeof offset[0] === "number" ? offset[0] : undefined };
};

const isFault = (value: Sized | YamlFault): value is YamlFault => "found" in value;

/** Scalars that are keys keep their spelling: `0:` and `'0':` are one key. */
const keyText = (key: unknown): string | undefined => {
  if (!isScalar(key)) return undefined;
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The value of a document with anchors and merge keys resolved. The parser's own `toJS` and its check for
 * duplicate keys take quadratic time (four minutes for a flat 1 MB), so both are done here, in linear time
 * and within the limits: an alias costs what it stands for.
 */
export const documentValue = (document: Document.Parsed): { readonly value: unknown } | YamlFault => {
  const anchors = new Map<string, Sized>();
  let left: number = limits.values;

  const convert = (node: unknown, depth: number): Sized | YamlFault => {
    const sized = isAlias(node) ? anchors.get(node.source) : plain(node, depth);
    if (sized === undefined) return fault("an alias without an anchor before it", node);
    if (isFault(sized)) return sized;
    if (isAlias(node)) left -= sized.size;
    if (left < 0) return fault(`more than ${limits.values} values once its YAML anchors are resolved`, node);
    if (depth + sized.height > limits.depth)
      return fault(`more than ${limits.depth} levels of nesting`, node);
    if (!isAlias(node) && typeof node === "object" && node !== null && "anchor" in node)
      if (typeof node.anchor === "string") anchors.set(node.anchor, sized);
    return sized;
  };

  const plain = (node: unknown, depth: number): Sized | YamlFault => {
    left -= 1;
    if (left < 0 || depth > limits.depth) return { value: undefined, size: 1, height: 1 };
    if (isMap(node)) return mapping(node.items, depth);
    if (isSeq(node)) return list(node.items, depth);
    if (!isScalar(node)) return { value: null, size: 1, height: 0 };
    const { value, source } = node;
    const isNumber = typeof value === "number" || typeof value === "bigint";
    const kept = isNumber ? numberLiteral(source ?? String(value)) : (value ?? null);
    const known = kept === null || typeof kept !== "object" || isNumber;
    return { value: known ? kept : String(kept), size: 1, height: 0 };
  };

  const list = (items: readonly unknown[], depth: number): Sized | YamlFault => {
    const values: unknown[] = [];
    let size = 1;
    let height = 0;
    for (const item of items) {
      const sized = convert(item, depth + 1);
      if (isFault(sized)) return sized;
      values.push(sized.value);
      size += sized.size;
      height = Math.max(height, sized.height + 1);
    }
    return { value: values, size, height };
  };

  const mapping = (items: readonly unknown[], depth: number): Sized | YamlFault => {
    const own = new Map<string, unknown>();
    const merged = new Map<string, unknown>();
    let size = 1;
    let height = 0;
    for (const pair of items) {
      if (!isPair(pair)) continue;
      const key = keyText(pair.key);
      if (key === undefined) return fault("a key that is no text", pair.key);
      if (key === "__proto__") return fault("a key named __proto__", pair.key);
      const sized = convert(pair.value, depth + 1);
      if (isFault(sized)) return sized;
      size += sized.size;
      height = Math.max(height, sized.height + 1);
      if (key === "<<") {
        // The first of several merged mappings wins, and the mapping's own keys win over all.
        for (const source of [sized.value].flat())
          if (isMapping(source))
            for (const [name, value] of Object.entries(source))
              if (!merged.has(name)) merged.set(name, value);
      } else if (own.has(key)) return fault("a key that is given twice", pair.key);
      else own.set(key, sized.value);
    }
    return { value: Object.fromEntries([...merged, ...own]), size, height };
  };

  const sized = convert(document.contents, 0);
  return isFault(sized) ? sized : { value: sized.value };
};
