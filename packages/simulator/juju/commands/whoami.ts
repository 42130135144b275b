import { atMost, flags, formatOf } from "../flags.ts";
import { printed, titled, toTable } from "../output.ts";
import type { Command } from "./command.ts";

/** `openstack` for a model of the user's own, else `owner/name`. */
export const unqualified = (name: string, user: string): string =>
  name.startsWith(`${user}/`) ? name.slice(user.length + 1) : name;

/** `juju whoami`: local files only; it proves nothing about the controller. */
export const whoami: Command = {
  flags: flags([], ["format", "o=output", "output"]),
  defaultFormat: "tabular",
  run: ({ store, stdout, stderr, env }, parsed) => {
    atMost(0, parsed.rest);
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    const { controllers, "current-controller": current } = store.controllers();
    const controller = env.JUJU_CONTROLLER || current;
    if (!controller || !controllers[controller]) {
      stderr("There is no current controller.\nRun juju controllers to see available controllers.\n");
      return 0;
    }
    const account = store.account(controller);
    const model = store.currentModel(controller);
    if (!account) {
      stderr(
        `You are not logged in to controller "${controller}"${model ? ` and model "${model}"` : ""}.\nRun juju login if you want to login.\n`,
      );
      return 0;
    }
    const answer = {
      controller,
      ...(model ? { model: unqualified(model, account.user) } : {}),
      ...(account.user ? { user: account.user } : {}),
    };
    const rows = [
      ["Controller:", controller],
      ["Model:", answer.model ?? "<no-current-model>"],
      ["User:", account.user],
    ];
    // A table without its line of titles.
    const table = (): string => toTable(titled("", ""), rows).replace(/^.*\n/, "");
    stdout(printed(format, answer, table));
    return 0;
  },
};
