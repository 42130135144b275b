import { visible } from "../../../packages/bundle-diff/visible.ts";

/** Text that is HTML already. Only `html` makes it, and `html` escapes everything else. */
export type Markup = { readonly markup: string };
type Part = Markup | string | number | undefined | Part[];

const entities: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** Text for anywhere in a page: no markup, and nothing that hides or reorders, but line ends. */
export const escaped = (text: string): string =>
  text
    .split("\n")
    .map(visible)
    .join("\n")
    .replace(/[&<>"']/g, (character) => entities.get(character) ?? "");

const partText = (part: Part): string => {
  if (part === undefined) return "";
  if (Array.isArray(part)) return part.map(partText).join("");
  return typeof part === "object" ? part.markup : escaped(String(part));
};

/**
 * A template of HTML. Whatever is put into it is escaped, unless it was made by `html` itself.
 *
 * @example html`<td>${hostname}</td>`
 */
export const html = (texts: TemplateStringsArray, ...parts: Part[]): Markup => ({
  markup: texts.map((text, at) => (at === 0 ? text : partText(parts[at - 1]) + text)).join(""),
});

/** A part that is only there when something holds. */
export const when = (condition: unknown, make: () => Markup): Markup | undefined =>
  condition ? make() : undefined;
