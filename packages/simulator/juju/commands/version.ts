import { flags } from "../flags.ts";
import { toYaml } from "../output.ts";
import type { Command } from "./command.ts";

/** `juju version` and `juju --version`: the client's own. */
export const version: Command = {
  flags: flags(["all"]),
  unsupported: flags([], ["format", "o=output", "output"]),
  run: ({ simulation, stdout }, { on }) => {
    const text = `${simulation.state.scenario.client}-genericlinux-amd64`;
    if (on.has("all"))
      stdout(toYaml({ version: text, "git-tree-state": "dirty", compiler: "gc", official: false }));
    else stdout(`${text}\n`);
    return 0;
  },
};
