import { commands, notSimulated } from "./commands/index.ts";
import { fail, isFailure, runError, usageError } from "./failure.ts";
import { behaviourOf } from "./faults.ts";
import { firstRun } from "./first-run.ts";
import { parseFlags } from "./flags.ts";
import type { Session } from "./session.ts";
import { isJuju4 } from "./state.ts";

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

/** The command that is called, with the global flags before it put among its own. */
export const splitCommand = (argv: readonly string[]): { name: string; rest: readonly string[] } => {
  const at = argv.findIndex(
    (argument, index) =>
      argument === "--version" || !(argument.startsWith("-") || argv[index - 1] === "--logging-config"),
  );
  const place = at < 0 ? argv.length : at;
  return { name: argv[place] ?? "", rest: [...argv.slice(0, place), ...argv.slice(place + 1)] };
};

/** Where the client's log says that its lines come from, by major version: recorded with 3.6.28 and 4.0.14. */
const logPlaces = {
  running: { level: "INFO", places: ["juju.cmd supercommand.go:56", "juju.cmd supercommand.go:57"] },
  arguments: { level: "DEBUG", places: ["juju.cmd supercommand.go:57", "juju.cmd supercommand.go:58"] },
  connecting: { level: "INFO", places: ["juju.juju api.go:90", "juju.juju api.go:94"] },
  connected: { level: "INFO", places: ["juju.api apiclient.go:668", "juju.api apiclient.go:686"] },
  finished: { level: "INFO", places: ["cmd supercommand.go:578", "cmd supercommand.go:583"] },
} as const;

/** Writes the client's log to stderr: nothing of it without `--show-log` or `--debug`, its DEBUG lines with the latter. */
const logTo =
  ({ simulation, stderr }: Session, argv: readonly string[]): Session["log"] =>
  (line, text) => {
    const { level, places } = logPlaces[line];
    const debug = argv.includes("--debug");
    if (!debug && (level === "DEBUG" || !argv.includes("--show-log"))) return;
    const place = places[isJuju4(simulation.state.scenario.client) ? 1 : 0];
    const time = new Date(simulation.clock.now()).toISOString().slice(11, 19);
    stderr(`${time} ${level.padEnd(5)} ${place} ${text}\n`);
  };

/**
 * Runs one juju command as the real client does: exit code 2 for arguments and for what is resolved before the run,
 * 1 for a failed run (with `{}` on stdout in the machine formats), 0 otherwise.
 */
export const runClient = async (given: Session, argv: readonly string[]): Promise<number> => {
  const session = { ...given, log: logTo(given, argv) };
  const { name: called, rest } = splitCommand(argv);
  const name = called === "--version" ? "version" : called;
  const command = commands.get(name);
  firstRun(session.store.directory, session.stderr);
  behaviourOf(session.fault).start?.(session);
  session.log("running", `running juju [${session.simulation.state.scenario.client}  gc go1.26.8]`);
  session.log(
    "arguments",
    `  args: []string{${["juju", ...argv].map((one) => JSON.stringify(one)).join(", ")}}`,
  );
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
    const code = await command.run(session, parsed);
    session.log("finished", "command finished");
    return code;
  } catch (thrown) {
    if (!isFailure(thrown)) throw thrown;
    session.stderr(`ERROR ${thrown.message}\n`);
    if (thrown.exitCode === runError && printsEmpty(rest, command?.defaultFormat)) session.stdout("{}\n");
    return thrown.exitCode;
  }
};

export type LogLine = keyof typeof logPlaces;
