/** Marks a YAML number; a symbol, so that no bundle can forge one. */
const literal: unique symbol = Symbol("number literal");

/**
 * A YAML number with its spelling. Juju reads `channel: 8.0` and `24.10` as text, so the digits must survive
 * (a JavaScript number would make them "8" and "24.1").
 */
export type NumberLiteral = { readonly [literal]: string };

/** The value of a charm's option. */
export type OptionValue = string | boolean | NumberLiteral;

export const numberLiteral = (source: string): NumberLiteral => ({ [literal]: source });

export const isNumberLiteral = (value: unknown): value is NumberLiteral =>
  typeof value === "object" && value !== null && literal in value;

/** The text that a scalar was written as. */
export const scalarText = (value: OptionValue): string =>
  isNumberLiteral(value) ? value[literal] : String(value);

const decimal = /^[+-]?\d+(\.\d+)?$/;
const whole = /^[+-]?\d+$/;

const numbersEqual = (a: string, b: string): boolean => {
  if (a === b) return true;
  if (whole.test(a) && whole.test(b)) return BigInt(a.replace("+", "")) === BigInt(b.replace("+", ""));
  return decimal.test(a) && decimal.test(b) && Number(a) === Number(b);
};

/** Words that YAML 1.1, which juju's parser follows, takes for booleans. */
const booleanWords: ReadonlyMap<string, boolean> = new Map([
  ...["true", "yes", "on", "y"].map((word) => [word, true] as const),
  ...["false", "no", "off", "n"].map((word) => [word, false] as const),
]);

const booleanText = /^(true|false)$/i;

/**
 * Whether two option values mean the same. The charm knows the option's type and the bundle does not, so a
 * number equals its text (3, 3.0, "3") and a boolean its words (true, "True", yes), but two texts are equal
 * only letter by letter ("22.1" is not "22.10"), apart from the case of true and false.
 */
export const sameOptionValue = (a: OptionValue, b: OptionValue): boolean => {
  if (typeof a === "string" && typeof b === "string")
    return a === b || (booleanText.test(a) && a.toLowerCase() === b.toLowerCase());
  if (typeof a === "boolean" || typeof b === "boolean") {
    const [left, right] = [a, b].map((value) =>
      typeof value === "boolean" ? value : booleanWords.get(scalarText(value).toLowerCase()),
    );
    return left !== undefined && left === right;
  }
  return numbersEqual(scalarText(a), scalarText(b));
};
