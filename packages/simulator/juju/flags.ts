import { fail, usageError } from "./failure.ts";

/** What a flag takes, and the one name under which its value is kept (`-m` and `--model` are one). */
export type Flag = { readonly name: string; readonly takes: "nothing" | "value" };
export type Flags = Readonly<Record<string, Flag>>;

export type Parsed = {
  readonly on: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
};

const shown = (flag: string): string => (flag.length === 1 ? `-${flag}` : `--${flag}`);

const bool = (name: string): Flag => ({ name, takes: "nothing" });
const text = (name: string): Flag => ({ name, takes: "value" });

/** A table of flags: `flags(["force", "B"], ["m=model", "format"])`; `x=name` is an alias. */
export const flags = (bools: readonly string[], texts: readonly string[] = []): Flags => {
  const entry =
    (make: (name: string) => Flag) =>
    (spec: string): [string, Flag] => {
      const [flag = spec, name = flag] = spec.split("=");
      return [flag, make(name)];
    };
  return Object.fromEntries([...bools.map(entry(bool)), ...texts.map(entry(text))]);
};

/** Flags that every juju command has. */
const everywhere: Flags = flags(
  ["debug", "quiet", "verbose", "show-log", "help", "h=help", "B=no-browser-login", "no-browser-login"],
  ["logging-config"],
);

/**
 * Reads arguments as juju does: flags anywhere, `--x=v`, `--x v`, `-mv`; nothing after `--` is a flag.
 *
 * @throws Failure (exit code 2) for a flag that the command does not have, or one without its value.
 */
export const parseFlags = (own: Flags, argv: readonly string[]): Parsed => {
  const known: Flags = { ...everywhere, ...own };
  const on = new Set<string>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  const queue = [...argv];
  const take = (flag: string, given: string | undefined): void => {
    const spec = known[flag];
    if (!spec) fail(`option provided but not defined: ${shown(flag)}`, usageError);
    else if (spec.takes === "value") {
      const value = given ?? queue.shift();
      if (value === undefined) fail(`option needs an argument: ${shown(flag)}`, usageError);
      else values.set(spec.name, value);
    } else if (given === undefined || given === "true") on.add(spec.name);
    else if (given === "false") on.delete(spec.name);
    else fail(`invalid value "${given}" for option ${shown(flag)}: invalid boolean value`, usageError);
  };
  for (let argument = queue.shift(); argument !== undefined; argument = queue.shift()) {
    if (argument === "--") {
      rest.push(...queue.splice(0));
    } else if (argument.startsWith("--")) {
      const [flag = "", ...given] = argument.slice(2).split("=");
      take(flag, given.length > 0 ? given.join("=") : undefined);
    } else if (argument.startsWith("-") && argument.length > 1) {
      const flag = argument.slice(1, 2);
      const glued = argument.slice(2).replace(/^=/, "");
      if (glued && known[flag]?.takes === "nothing") {
        take(flag, undefined);
        queue.unshift(`-${glued}`);
      } else take(flag, glued || undefined);
    } else rest.push(argument);
  }
  return { on, values, rest };
};

/** Refuses more arguments than `count`, in juju's words. */
export const atMost = (count: number, rest: readonly string[]): void => {
  if (rest.length <= count) return;
  const extra = rest.slice(count).map((argument) => JSON.stringify(argument));
  fail(`unrecognized args: [${extra.join(" ")}]`, usageError);
};

/** The format of the output; refuses what juju, or this stand-in, does not know. */
export const formatOf = <Known extends string>(
  parsed: Parsed,
  known: readonly Known[],
  otherwise: Known,
): Known => {
  const asked = parsed.values.get("format");
  if (asked === undefined) return otherwise;
  const found = known.find((format) => format === asked);
  return found ?? fail(`invalid value "${asked}" for option --format: unknown format "${asked}"`, usageError);
};
