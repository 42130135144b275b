import { parseGoDuration } from "../../duration.ts";
import { fail, runError, usageError } from "../failure.ts";
import { behaviourOf } from "../faults.ts";
import { atMost, flags, type Parsed } from "../flags.ts";
import { grantOf, isAllowed, isSuperuser } from "../grants.ts";
import { destroyModel as destroyOnController } from "../reap.ts";
import { lookUpModel, noSelectedModel, targetModel } from "../resolve.ts";
import { connect, type Session } from "../session.ts";
import { isJuju4, type Model } from "../state.ts";
import { interrupted, waitUntilGone } from "../wait-until-gone.ts";
import { blockedBy } from "./blocks.ts";
import type { Command } from "./command.ts";

const storageRefusal = (name: string, volumes: number): string => `cannot destroy model "${name}"

The model has persistent storage remaining:
    ${volumes} volume(s)

To destroy the storage, run the destroy-model
command again with the "--destroy-storage" option.

To release the storage from Juju's management
without destroying it, use the "--release-storage"
option instead. The storage can then be imported
into another Juju model.

`;

const quoted = (items: readonly string[]): string => items.map((item) => JSON.stringify(item)).join(" ");

const warning = (model: Model): string => {
  const { name, machines, applications, volumes } = model;
  const lines = [
    `WARNING This command will destroy the "${name}" model and affect the following resources. It cannot be stopped.`,
    "",
  ];
  if (machines.length > 0)
    lines.push(
      ` - ${machines.length} machine${machines.length > 1 ? "s" : ""} will be destroyed`,
      `  - machine list: ${quoted(machines.map(({ id, instanceId }) => `${id} (${instanceId === "pending" ? "" : instanceId})`))}`,
    );
  if (applications.length > 0)
    lines.push(
      ` - ${applications.length} application${applications.length > 1 ? "s" : ""} will be removed`,
      `  - application list: ${quoted(applications)}`,
    );
  lines.push(` - 0 filesystem and ${volumes} volume${volumes > 1 ? "s" : ""} will be destroyed`);
  return `${lines.join("\n")}\n\n`;
};

const confirm = (session: Session, model: Model): void => {
  session.stderr(warning(model));
  session.stderr("To continue, enter the name of the model to be unregistered: ");
  if (session.stdin.split("\n")[0]?.trim() !== model.name) fail("model destruction: aborted");
};

const timeoutOf = (parsed: Parsed): number | undefined => {
  const text = parsed.values.get("timeout");
  if (text === undefined) return undefined;
  const ms = parseGoDuration(text);
  if (ms === undefined) {
    const why = /^-?[\d.]+$/.test(text) ? "missing unit in" : "invalid";
    return fail(`invalid value "${text}" for option --timeout: time: ${why} duration "${text}"`, usageError);
  }
  if (!parsed.on.has("force")) fail("--timeout can only be used with --force (dangerous)", usageError);
  if (ms < 0) fail("--timeout must be zero or greater", usageError);
  return ms;
};

/** Why the controller refuses, undefined when it does not. */
const refusal = (session: Session, model: Model, user: string, takesStorage: boolean): string | undefined => {
  const { scenario } = session.simulation.state;
  const named = `failed to destroy model "${model.name}"\nERROR cannot destroy model: `;
  const grant = grantOf(scenario, model, user);
  const may = grant === "admin" || (grant === undefined && isSuperuser(scenario, user));
  if (!may) return `${named}permission denied`;
  if (model.isController) return `${named}the simulated lab does not destroy the controller's own model`;
  const blocked = blockedBy(model, "destroy-model");
  if (blocked) return `cannot destroy model: ${blocked}`;
  // Composed: no recording has a model that is being migrated.
  if (model.scenario.migrating !== null) return `${named}model migration in progress`;
  // Juju 4 destroys storage with the units, whatever the flags say (juju.md 5).
  if (!takesStorage && model.volumes > 0 && !isJuju4(model.version))
    return `${named}model contains persistent storage`;
  return undefined;
};

/** What the client says after a destruction when it has no current model, which is harmless. */
const withoutCurrentModel = (session: Session, controller: string): string => {
  const names = Object.keys(session.store.models(controller));
  return names.length > 0
    ? noSelectedModel(controller, names)
    : `current model for controller ${controller} not found`;
};

/**
 * `juju destroy-model`: returns only when the model is gone, with `--no-wait` too, and with exit code 0 also when
 * it merely lost its connection while it waited.
 */
export const destroyModel: Command = {
  flags: flags(
    ["force", "no-wait", "destroy-storage", "release-storage", "no-prompt"],
    ["t=timeout", "timeout"],
  ),
  run: async (session, parsed) => {
    const { on, rest } = parsed;
    const { stderr, simulation } = session;
    const [name] = rest;
    if (on.has("destroy-storage") && on.has("release-storage"))
      fail("--destroy-storage and --release-storage cannot both be specified", usageError);
    const timeoutMs = timeoutOf(parsed);
    if (name === undefined) return fail("no model specified", usageError);
    atMost(1, rest);
    const target = targetModel(session, name);
    if (on.has("no-wait") && !on.has("force")) fail("--no-wait without --force not valid", runError);
    const stored = await lookUpModel(session, target);
    const { controller } = stored;
    const user = await connect(session, controller, "cannot connect to API: ");
    const model = simulation.state.models.get(stored.uuid);
    if (!model) return fail("getting model status: model not found");
    if (!isAllowed(session, model, user)) return fail("getting model status: permission denied");
    const takesStorage = on.has("destroy-storage") || on.has("release-storage");
    if (!takesStorage && model.scenario.storage === true && model.volumes > 0)
      fail(storageRefusal(model.name, model.volumes));
    if (!on.has("no-prompt")) confirm(session, model);
    stderr(isJuju4(simulation.state.scenario.client) ? "Destroying model\n" : "Destroying model");
    session.onInterrupt(interrupted());
    const reason = refusal(session, model, user, takesStorage);
    if (reason) fail(reason);
    if (!behaviourOf(session.fault).neverAsks)
      destroyOnController(simulation, model, { force: on.has("force"), timeoutMs });
    await waitUntilGone(session, model);
    const { [stored.name]: _, ...left } = session.store.models(controller);
    const current = session.store.currentModel(controller);
    session.store.setModels(controller, left);
    if (!current) stderr(`WARNING cannot read current model: ${withoutCurrentModel(session, controller)}\n`);
    return 0;
  },
};
