/** What the engine was asked to do, as far as this project cares. */
export type EngineOptions = {
  /** Undefined where the command line cannot be seen or holds no command. `down` and `dn` are `destroy`, and so on. */
  command: string | undefined;
  /** From `-s`, PULUMI_OPTION_STACK or PULUMI_STACK; undefined means the selected stack. */
  stack: string | undefined;
  /** `-C` as given. The engine's own folder (engine-process.ts) is where it led. */
  cwd: string | undefined;
  /** `--config-file` as given: relative to the engine's folder. */
  configFile: string | undefined;
  targets: string[];
  excludes: string[];
  excludeProtected: boolean;
  message: string | undefined;
  runProgram: boolean;
  /** Undefined when nothing was asked: then Pulumi.yaml decides. */
  refresh: boolean | undefined;
};

// The CLI's flags come from pflag. One `valued` takes the next word, an `optional` one takes a value only after `=`.
// What is in no list is a switch; so is a flag that a newer CLI has: at worst its value reads as one more word.
const valued = new Set([
  ...["client", "color", "config", "config-file", "cwd", "event-log", "exclude", "exec-agent", "exec-kind"],
  ...["import-file", "import-pending-creates", "memprofilerate", "message", "otel-traces", "output"],
  ...["override-env", "parallel", "plan", "policy-pack", "policy-pack-config", "profiling", "replace"],
  ...["save-plan", "secrets-provider", "stack", "target", "target-replace", "tracing", "tracing-header"],
  ...["verbose"],
]);
const optional = new Map([
  ["attach-debugger", "program"],
  ["refresh", "true"],
  ["suppress-permalink", "false"],
]);
const shorthands: Record<string, string> = {
  ...{ c: "config", C: "cwd", d: "debug", e: "emoji", f: "skip-preview", h: "help", j: "json", m: "message" },
  ...{ p: "parallel", Q: "fully-qualify-stack-names", r: "refresh", s: "stack", t: "target", v: "verbose" },
  ...{ x: "exclude", y: "yes" },
};
const aliases: Record<string, string> = { down: "destroy", dn: "destroy", update: "up", pre: "preview" };

/** The flags of a command line that the CLI accepted, each with its values in their order, and the words between them. */
const readFlags = (argv: readonly string[]): { words: string[]; given: Map<string, string[]> } => {
  const words: string[] = [];
  const given = new Map<string, string[]>();
  const rest = argv.slice(1);
  const take = (name: string, joined: string | undefined): void => {
    const value = joined ?? optional.get(name) ?? (valued.has(name) ? rest.shift() : "true") ?? "";
    given.set(name, [...(given.get(name) ?? []), value]);
  };
  /** Letters after one dash: switches until one takes a value, which is what follows in the same word, or the next word. */
  const takeLetters = (letters: string): void => {
    for (let at = 0; at < letters.length; at++) {
      const name = shorthands[letters.charAt(at)] ?? letters.charAt(at);
      const follows = letters.slice(at + 1);
      const assigned = follows.length > 1 && follows.startsWith("=");
      take(name, assigned ? follows.slice(1) : valued.has(name) ? follows || undefined : undefined);
      if (assigned || valued.has(name)) return;
    }
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      words.push(...rest.splice(0));
    } else if (word.startsWith("--")) {
      const equals = word.indexOf("=");
      if (equals < 0) take(word.slice(2), undefined);
      else take(word.slice(2, equals), word.slice(equals + 1));
    } else if (word.startsWith("-") && word.length > 1) {
      takeLetters(word.slice(1));
    } else {
      words.push(word);
    }
  }
  return { words, given };
};

/** The first record of a CSV text, or the whole text when it is none: so the CLI reads a variable that sets a list. */
const readCsv = (text: string): string[] => {
  if (text === "") return [];
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  for (;;) {
    const found = field.exec(text);
    if (!found) return [text];
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    if (found[3] !== ",") return fields;
  }
};

// Go's strconv.ParseBool.
const isTrue = (text: string): boolean => ["1", "t", "T", "true", "TRUE", "True"].includes(text);

/**
 * What the engine was asked, by its command line and its environment (engine.md 13).
 *
 * PULUMI_OPTION_<FLAG> sets any flag. A flag on the command line wins over its variable, but one that may be repeated is
 * added to what the variable lists (seen).
 *
 * @param argv the engine's command line, its name first; empty when it cannot be seen
 * @param env the engine's environment, which a provider inherits
 */
export const engineOptions = (argv: readonly string[], env: NodeJS.ProcessEnv): EngineOptions => {
  const { words, given } = readFlags(argv);
  const variable = (name: string) => env[`PULUMI_OPTION_${name.toUpperCase().replaceAll("-", "_")}`];
  const one = (name: string): string | undefined => (given.get(name)?.at(-1) ?? variable(name)) || undefined;
  const list = (name: string): string[] => [...readCsv(variable(name) ?? ""), ...(given.get(name) ?? [])];
  /** A variable that is neither true nor false is not heard. */
  const flag = (name: string, otherwise: boolean): boolean => {
    const asked = given.get(name)?.at(-1);
    if (asked !== undefined) return isTrue(asked);
    const set = variable(name)?.toLowerCase() ?? "";
    if (["true", "1"].includes(set)) return true;
    return ["false", "0"].includes(set) ? false : otherwise;
  };
  const [command] = words;
  const refresh = one("refresh");
  return {
    command: command === undefined ? undefined : (aliases[command] ?? command),
    stack: one("stack") ?? (env.PULUMI_STACK || undefined),
    cwd: one("cwd"),
    configFile: one("config-file"),
    targets: list("target"),
    excludes: list("exclude"),
    excludeProtected: flag("exclude-protected", false),
    message: one("message"),
    runProgram: flag("run-program", ["1", "true"].includes(env.PULUMI_RUN_PROGRAM?.toLowerCase() ?? "")),
    refresh: refresh === undefined ? undefined : isTrue(refresh),
  };
};
