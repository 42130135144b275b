import { realClock } from "../clock.ts";
import { runClient } from "./client.ts";
import { commands } from "./commands/index.ts";
import { createState } from "./state.ts";
import { clientStore, storeDirectory } from "./store.ts";

/** Commands that read local files alone, and so work while the controller (the lab) cannot be reached. */
const local: ReadonlySet<string> = new Set([
  "whoami",
  "version",
  "--version",
  "controllers",
  "list-controllers",
]);

type Output = {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
};

/** Runs a command that needs no controller; undefined when it does need one. Returns the exit code. */
export const runLocally = async (
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  output: Output,
): Promise<number | undefined> => {
  const [name = ""] = argv;
  if (!local.has(name) && commands.has(name)) return undefined;
  const clock = realClock();
  const nothing = async () => ({ status: 503, text: "" });
  const controller = {
    name: "",
    user: "",
    password: "",
    version: "3.6.28",
    client: env.SIMULATED_JUJU_CLIENT ?? "3.6.28",
    uuid: "",
    access: "none",
    listsItself: false,
  } as const;
  const state = createState({ controller, models: [], machines: [], faults: [] }, clock);
  const maas = { machinesOf: () => [], releaseByJuju: nothing, deleteByJuju: nothing };
  return runClient(
    {
      world: { clock, maas, state },
      store: clientStore(storeDirectory(env)),
      env,
      stdin: "",
      stdout: (text) => output.stdout.write(text),
      stderr: (text) => output.stderr.write(text),
      signal: new AbortController().signal,
      fault: undefined,
    },
    argv,
  );
};
