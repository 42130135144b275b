import { realClock } from "../clock.ts";
import { runClient, splitCommand } from "./client.ts";
import { commands } from "./commands/index.ts";
import { readsFilesOnly } from "./faults.ts";
import { controllerSchema } from "./scenario.ts";
import { createState } from "./state.ts";
import { clientStore, storeDirectory } from "./store.ts";

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
  const { name } = splitCommand(argv);
  if (!readsFilesOnly.has(name) && commands.has(name)) return undefined;
  const clock = realClock();
  const nothing = async () => ({ status: 503, text: "" });
  const version = env.SIMULATED_JUJU_CLIENT ?? "3.6.28";
  const controller = {
    ...controllerSchema.parse({ access: "none", listsItself: false }),
    version,
    client: version,
    uuid: "",
    bootstrappedBy: "",
  };
  const state = createState({ controller, models: [], machines: [], faults: [] }, clock);
  const maas = { machinesOf: () => [], releaseByJuju: nothing, deleteByJuju: nothing };
  return runClient(
    {
      simulation: { clock, maas, state },
      store: clientStore(storeDirectory(env)),
      env,
      stdin: "",
      readStdin: async () => {},
      onInterrupt: () => {},
      log: () => {},
      stdout: (text) => output.stdout.write(text),
      stderr: (text) => output.stderr.write(text),
      signal: new AbortController().signal,
      fault: undefined,
    },
    argv,
  );
};
