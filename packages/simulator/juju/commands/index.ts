import { disableCommand, disabledCommands, enableCommand } from "./blocks.ts";
import type { Command } from "./command.ts";
import { config, constraints, offers, showApplication, storage } from "./contents.ts";
import { controllers, showController } from "./controllers.ts";
import { destroyModel } from "./destroy-model.ts";
import { exportBundleCommand } from "./export-bundle.ts";
import { machines } from "./machines.ts";
import { models } from "./models.ts";
import { removeMachine } from "./remove-machine.ts";
import { showModel } from "./show-model.ts";
import { status } from "./status.ts";
import { version } from "./version.ts";
import { whoami } from "./whoami.ts";

/** The commands of juju that the lab's client has. */
export const commands: ReadonlyMap<string, Command> = new Map([
  ["config", config],
  ["constraints", constraints],
  ["controllers", controllers],
  ["list-controllers", controllers],
  ["destroy-model", destroyModel],
  ["disable-command", disableCommand],
  ["disabled-commands", disabledCommands],
  ["enable-command", enableCommand],
  ["export-bundle", exportBundleCommand],
  ["machines", machines],
  ["list-machines", machines],
  ["models", models],
  ["list-models", models],
  ["offers", offers],
  ["remove-machine", removeMachine],
  ["show-application", showApplication],
  ["show-controller", showController],
  ["show-model", showModel],
  ["status", status],
  ["storage", storage],
  ["version", version],
  ["whoami", whoami],
]);

/** Commands that juju has and this stand-in does not: refused by name, so that nobody takes it for a misspelling. */
export const notSimulated: ReadonlySet<string> = new Set([
  "add-machine",
  "add-model",
  "add-unit",
  "bootstrap",
  "consume",
  "credentials",
  "debug-log",
  "deploy",
  "destroy-controller",
  "diff-bundle",
  "download-backup",
  "create-backup",
  "exec",
  "help",
  "info",
  "integrate",
  "kill-controller",
  "login",
  "logout",
  "model-config",
  "refresh",
  "register",
  "relate",
  "remove-application",
  "remove-unit",
  "resolved",
  "run",
  "scp",
  "show-machine",
  "show-unit",
  "ssh",
  "switch",
  "unregister",
  "upgrade-model",
]);
