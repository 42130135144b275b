import type { Bundle, OptionValue } from "./normalise.ts";

/** One side of a difference, as it may be shown. A secret has no text here, so that nothing can print one. */
export type Shown =
  | { readonly state: "absent" }
  | { readonly state: "masked" }
  | { readonly state: "value"; readonly text: string };

/** Option names whose values are secrets. "keystone" is a service, not a key. */
const secretName =
  /pass(word|wd|phrase)|(^|[^a-z])pass([^a-z]|$)|secret|key(?!stone|map)|token|cert|credential|^ssl[-_]/i;

/** Values that are, or contain, secrets under any name. */
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

/** Decides what may be shown of a value. `kind` is "option" for the options of a charm. */
export type Mask = (kind: string, name: string, value: OptionValue | undefined) => Shown;

/** Shorter secrets would turn up in harmless values by chance. */
const shortestTraced = 6;

/**
 * Masks by an option's name, by what a value looks like, and by the secrets of all these bundles: a password
 * that is repeated inside another option is masked there too. true and false are not secrets.
 */
export const createMask = (...bundles: readonly Bundle[]): Mask => {
  const options = bundles
    .flatMap(({ applications }) => [...applications.values()])
    .flatMap((application) => [...(application.values.get("option") ?? [])]);
  const secrets = new Set(
    options.flatMap(([name, value]) =>
      isSecretName(name) && typeof value !== "boolean" && String(value).length >= shortestTraced
        ? [String(value)]
        : [],
    ),
  );
  return (kind, name, value) => {
    if (value === undefined) return { state: "absent" };
    const text = String(value);
    const isSecret =
      typeof value !== "boolean" &&
      (looksSecret(text) ||
        (kind === "option" && (isSecretName(name) || [...secrets].some((secret) => text.includes(secret)))));
    return isSecret ? { state: "masked" } : { state: "value", text };
  };
};
