import { commands, notSimulated } from "./commands/index.ts";
import { fail, isFailure, runError, usageError } from "./failure.ts";
import { firstRun } from "./first-run.ts";
import { parseFlags } from "./flags.ts";
import type { Session } from "./session.ts";

/** The known command that `name` is most like, which juju offers with "Did you mean". */
const alike = (name: string): string => {
  const distance = (left: string, right: string): number => {
    const row = Array.from({ length: right.length + 1 }, (_, index) => index);
    for (let i = 1; i <= left.length; i += 1) {
      let diagonal = row[0] ?? 0;
      row[0] = i;
      for (let j = 1; j <= right.length; j += 1) {
        const above = row[j] ?? 0;
        const cost = left[i - 1] === right[j - 1] ? 0 : 1;
        row[j] = Math.min(above + 1, (row[j - 1] ?? 0) + 1, diagonal + cost);
        diagonal = above;
      }
    }
    return row[right.length] ?? 0;
  };
  const known = [...commands.keys(), ...notSimulated].sort();
  return known.reduce((best, other) => (distance(name, other) < distance(name, best) ? other : best), "");
};

/** True when a failure of this run leaves `{}` on stdout. */
const printsEmpty = (argv: readonly string[], defaultFormat: string | undefined): boolean => {
  if (defaultFormat === undefined) return false;
  const asked = argv.flatMap((argument, index) => {
    if (argument === "--format") return [argv[index + 1] ?? ""];
    return argument.startsWith("--format=") ? [argument.slice("--format=".length)] : [];
  });
  const format = asked.at(-1) ?? defaultFormat;
  return format === "yaml" || format === "json";
};

/**
 * Runs one juju command as the real client does: exit code 2 for arguments and for what is resolved before the run,
 * 1 for a failed run (with `{}` on stdout in the machine formats), 0 otherwise.
 */
export const runClient = async (session: Session, argv: readonly string[]): Promise<number> => {
  const [given = "", ...rest] = argv;
  const name = given === "--version" ? "version" : given;
  const command = commands.get(name);
  firstRun(session.store.directory, session.stderr);
  try {
    if (notSimulated.has(name))
      return fail(
        `the simulated lab's juju has no command "${name}"; it has: ${[...commands.keys()].join(", ")}`,
      );
    if (!command)
      return fail(
        `juju: "${name}" is not a juju command. See "juju --help".\n\nDid you mean:\n\t${alike(name)}`,
      );
    const { unsupported = {} } = command;
    const parsed = parseFlags({ ...command.flags, ...unsupported }, rest);
    const refused = Object.values(unsupported).find(
      (flag) => parsed.on.has(flag.name) || parsed.values.has(flag.name),
    );
    if (refused) return fail(`the simulated lab's juju ${name} does not know --${refused.name}`, usageError);
    if (parsed.on.has("help")) {
      session.stdout(
        `juju ${name}: a stand-in of the simulated lab, see packages/simulator/juju/README.md\n`,
      );
      return 0;
    }
    return await command.run(session, parsed);
  } catch (thrown) {
    if (!isFailure(thrown)) throw thrown;
    session.stderr(`ERROR ${thrown.message}\n`);
    if (thrown.exitCode === runError && printsEmpty(rest, command?.defaultFormat)) session.stdout("{}\n");
    return thrown.exitCode;
  }
};
