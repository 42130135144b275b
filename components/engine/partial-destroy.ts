/** Flags of `pulumi destroy` that leave resources in the stack, each with whether a value follows. */
const choosing: readonly { names: readonly string[]; includes: boolean }[] = [
  { names: ["--target", "-t"], includes: true },
  { names: ["--exclude", "-x"], includes: false },
];

const valuesOf = (argv: readonly string[], names: readonly string[]): string[] =>
  argv.flatMap((word, at) => {
    const [name = "", ...value] = word.split("=");
    if (!names.includes(name)) return [];
    return [value.length > 0 ? value.join("=") : (argv[at + 1] ?? "")];
  });

/** A pattern of `--target` as the engine reads it: `*` stands for anything but a colon, `**` for anything. */
const matches = (pattern: string, urn: string): boolean => {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === "**" ? ".*" : part === "*" ? "[^:]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"),
    );
  return new RegExp(`^${source.join("")}$`).test(urn);
};

/**
 * Whether a destroy ends without one resource, by its command line: surely with `--target` unless it is among the targets, and
 * with `--exclude` (what stays needs what was created before it); perhaps with `--exclude-protected`.
 *
 * @param argv the engine's command line; empty when it cannot be seen
 * @param urn the resource that everything else depends on
 */
export const leavesOut = (argv: readonly string[], urn: string): "no" | "perhaps" | "surely" => {
  const surely = choosing.some(({ names, includes }) => {
    const values = valuesOf(argv, names);
    return values.length > 0 && !(includes && values.some((pattern) => matches(pattern, urn)));
  });
  if (surely) return "surely";
  return argv.some((word) => /^--exclude-protected(=true)?$/.test(word)) ? "perhaps" : "no";
};
