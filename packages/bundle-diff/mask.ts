import { absent, type Shown, value } from "./change.ts";
import type { Bundle } from "./model.ts";
import { type OptionValue, scalarText } from "./read/scalar.ts";

/** Option names whose values are secrets. "keystone" is a service, not a key. */
const secretName =
  /pass(word|wd|phrase)|(^|[^a-z])pass([^a-z]|$)|secret|key(?!stone|map)|token|cert|credential|^ssl[-_]/i;

/** Values that are, or hold, secrets under any name. */
const secretValues: readonly RegExp[] = [
  /-----BEGIN /,
  // Base64 of "-----BEGIN": charms take certificates and keys this way.
  /LS0tLS1CRUdJTi/,
  // A URL with a password. It starts at "://" so that a long value takes no quadratic time.
  /:\/\/[^\s/@:]*:[^\s/@]+@/,
  /(password|passwd|secret|token|credential|api[-_]?key|private[-_]?key)["']?\s*[=:]/i,
];

export const isSecretName = (name: string): boolean => secretName.test(name);

export const looksSecret = (text: string): boolean => secretValues.some((pattern) => pattern.test(text));

/** Decides what may be shown. Made once for both bundles, so that a secret is known wherever it turns up. */
export type Mask = {
  readonly option: (name: string, option: OptionValue | undefined) => Shown;
  readonly text: (text: string | undefined) => Shown;
};

/** Shorter secrets would turn up in innocent values by chance. */
const shortestTraced = 6;

const secretTexts = (bundles: readonly Bundle[]): readonly string[] => [
  ...new Set(
    bundles.flatMap(({ applications }) =>
      [...applications.values()].flatMap(({ options }) =>
        [...options].flatMap(([name, option]) =>
          isSecretName(name) && typeof option !== "boolean" && scalarText(option).length >= shortestTraced
            ? [scalarText(option)]
            : [],
        ),
      ),
    ),
  ),
];

/**
 * Masks by an option's name, by what a value looks like, and by the secrets of both bundles: a password that
 * is repeated inside another option is masked there too. true and false are no secrets.
 */
export const createMask = (...bundles: readonly Bundle[]): Mask => {
  const secrets = secretTexts(bundles);
  return {
    option: (name, option) => {
      if (option === undefined) return absent;
      if (typeof option === "boolean") return value(String(option));
      const text = scalarText(option);
      const isSecret =
        isSecretName(name) || looksSecret(text) || secrets.some((secret) => text.includes(secret));
      return isSecret ? { state: "masked" } : value(text);
    },
    text: (text) => (text === undefined ? absent : looksSecret(text) ? { state: "masked" } : value(text)),
  };
};
