import { notImplemented } from "../refuse.ts";

/** The inputs of `command:local:Command` that are implemented, without their secret marks. */
export type CommandInputs = {
  create?: string;
  update?: string;
  delete?: string;
  dir?: string;
  stdin?: string;
  logging?: Logging;
  interpreter?: string[];
  environment?: Record<string, string>;
  addPreviousOutputInEnv?: boolean;
  triggers?: unknown[];
};

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";
export type Properties = Readonly<Record<string, unknown>>;
export type Failure = { property: string; reason: string };

/** Marks of Pulumi's wire format: sdk/go/common/resource/properties.go (`sig`), sdk/.../plugin/rpc.go (`UnknownStringValue`). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSecret = (value: unknown): value is { value: unknown } =>
  isRecord(value) && value[signatureKey] === secretSignature;

/** `value` as Pulumi marks a secret on the wire. */
export const secret = (value: unknown): Properties => ({ [signatureKey]: secretSignature, value });

/** The value without secret marks, at any depth. */
export const reveal = (value: unknown): unknown => {
  if (isSecret(value)) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, reveal(part)]));
  return value;
};

/** Whether a secret is anywhere in `value`. */
export const holdsSecret = (value: unknown): boolean =>
  isSecret(value) || (typeof value === "object" && value !== null && Object.values(value).some(holdsSecret));

const isText = (value: unknown): value is string => typeof value === "string";
const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isTextRecord = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isText);
const loggings = new Set<unknown>(["stdout", "stderr", "stdoutAndStderr", "none"]);

/** What each input must be. */
const inputs: Readonly<Record<string, { is: (value: unknown) => boolean; expected: string }>> = {
  create: { is: isText, expected: "a string" },
  update: { is: isText, expected: "a string" },
  delete: { is: isText, expected: "a string" },
  dir: { is: isText, expected: "a string" },
  stdin: { is: isText, expected: "a string" },
  logging: { is: (value) => loggings.has(value), expected: [...loggings].join(", ") },
  interpreter: { is: isTextList, expected: "a list of strings" },
  environment: { is: isTextRecord, expected: "a map of strings" },
  addPreviousOutputInEnv: { is: (value) => typeof value === "boolean", expected: "true or false" },
  triggers: { is: Array.isArray, expected: "a list" },
};

/** The names of all inputs, in the order in which they are compared. */
export const inputNames: readonly string[] = Object.keys(inputs);

/** What is wrong with a program's inputs: not implemented (archivePaths, assetPaths, misspelt) or of the wrong type. */
export const failuresOf = (properties: Properties): Failure[] =>
  Object.entries(properties).flatMap(([property, marked]) => {
    const known = inputs[property];
    if (!known)
      return [{ property, reason: notImplemented("the command plugin", `The input "${property}"`) }];
    const value = reveal(marked);
    if (value === unknownValue || known.is(value)) return [];
    return [{ property, reason: `"${property}" must be ${known.expected}` }];
  });

/** Checked inputs, or a resource's state, as what they are to a command. */
export const commandInputs = (properties: Properties): CommandInputs => {
  const failures = failuresOf(
    Object.fromEntries(Object.entries(properties).filter(([name]) => name in inputs)),
  );
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
  return Object.fromEntries(
    inputNames.flatMap((name) => (name in properties ? [[name, reveal(properties[name])]] : [])),
  );
};

/** Names of the inputs that differ between two sets of properties; a value that became secret differs. */
export const changedInputs = (olds: Properties, news: Properties): string[] =>
  inputNames.filter((name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name]));
