import { fail, runError } from "../failure.ts";
import { atMost, flags, formatOf } from "../flags.ts";
import { toJson, toTable, toYaml } from "../output.ts";
import { modelStatus } from "../reap.ts";
import { resolveController } from "../resolve.ts";
import { connect, refreshModels, type Session, visibleModels } from "../session.ts";
import { isJuju4, type Model } from "../state.ts";
import { exactTime, friendlyTime, type Instant } from "../time.ts";
import type { Command } from "./command.ts";
import { unqualified } from "./whoami.ts";

type Times = (at: Instant) => string;

const summary = (
  model: Model,
  controller: string,
  session: Session,
  time: Times,
): Record<string, unknown> => {
  const { clock, state } = session.world;
  const { current, message, since } = modelStatus(model, clock.now());
  const { name: cloud, user } = state.scenario;
  return {
    name: `${model.owner}/${model.name}`,
    "short-name": model.name,
    "model-uuid": model.uuid,
    "model-type": "iaas",
    "controller-uuid": state.scenario.uuid,
    "controller-name": controller,
    "is-controller": model.isController,
    ...(isJuju4(state.scenario.client) ? {} : { owner: model.owner }),
    cloud,
    region: "default",
    credential: { name: "maas-cred", owner: user, cloud },
    type: "maas",
    life: model.life,
    status: { current, ...(message ? { message } : {}), since: time(since) },
    access: model.scenario.access,
    "last-connection": time(model.since),
    "agent-version": model.version,
  };
};

const counts = ({ scenario, machines, workload, applications }: Model): string[] => {
  const containers = machines.flatMap(({ id }) => workload.containers[id] ?? []);
  const units = workload.applications
    .filter(({ name }) => applications.includes(name))
    .flatMap((application) => application.units)
    .reduce((sum, { subordinates }) => sum + 1 + subordinates.length, 0);
  const cores = machines.reduce((sum, machine) => sum + machine.cores, 0);
  const { summary: given = { machines: machines.length + containers.length, cores, units } } = scenario;
  return [String(given.machines), String(given.cores), String(given.units)];
};

const table = (
  models: readonly Model[],
  cloud: string,
  current: string,
  user: string,
  nowMs: number,
): string => {
  const shown = models.map((model) => ({
    model,
    name: model.owner === user ? model.name : `${model.owner}/${model.name}`,
  }));
  const head = [{ title: "Model" }, { title: "Cloud/Region" }, { title: "Type" }, { title: "Status" }];
  const tail = [{ title: "Access" }, { title: "Last connection" }];
  const numbers = [{ title: "Machines", right: true }, { title: "Cores", right: true }, { title: "Units" }];
  const rows = shown.map(({ model, name }) => [
    `${name}${name === current ? "*" : ""}`,
    `${cloud}/default`,
    "maas",
    modelStatus(model, nowMs).current,
    ...counts(model),
    model.scenario.access,
    friendlyTime(model.since, nowMs),
  ]);
  return toTable([...head, ...(models.length > 0 ? numbers : []), ...tail], rows);
};

/** What juju says on stderr, in the tabular format, when there is no model. */
const noModels = `
There are no models available. You can add models with
"juju add-model", or you can ask an administrator or owner
of a model to grant access to that model with "juju grant".

`;

/** `juju models`: the controller's list; it also rewrites the client's own. */
export const models: Command = {
  flags: flags(["all", "uuid", "exact-time"], ["c=controller", "controller", "user", "format"]),
  unsupported: flags([], ["o=output", "output"]),
  defaultFormat: "tabular",
  run: async (session, parsed) => {
    const { stdout, stderr, store, world, fault } = session;
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    atMost(0, parsed.rest);
    const controller = resolveController(session, parsed.values.get("controller"), runError);
    const account = store.account(controller);
    if (!account) return fail(`account details for controller ${controller} not found`);
    await connect(session, controller);
    if (world.state.scenario.access === "none") fail("permission denied (unauthorized access)");
    refreshModels(session, controller);
    const visible = visibleModels(session);
    const lost = fault?.kind === "rc0-lies" ? visible.filter(({ isController }) => !isController) : [];
    for (const { name } of lost) stderr(`getting model "${name}" status: settings not found\n`);
    const listed = visible.filter((model) => !lost.includes(model));
    const nowMs = world.clock.now();
    const time: Times = (at) => (parsed.on.has("exact-time") ? exactTime(at) : friendlyTime(at, nowMs));
    const current = unqualified(store.currentModel(controller) ?? "", account.user);
    const answer = {
      models: listed.map((model) => summary(model, controller, session, time)),
      ...(current ? { "current-model": current } : {}),
    };
    if (format === "yaml") stdout(toYaml(answer));
    else if (format === "json") stdout(toJson(answer));
    else {
      stdout(
        `Controller: ${controller}\n\n${table(listed, world.state.scenario.name, current, account.user, nowMs)}`,
      );
      if (listed.length === 0) stderr(noModels);
    }
    return 0;
  },
};
