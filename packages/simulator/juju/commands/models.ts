import { fail, runError } from "../failure.ts";
import { behaviourOf } from "../faults.ts";
import { atMost, flags, formatOf } from "../flags.ts";
import { grantOf, isSuperuser, usersOf } from "../grants.ts";
import { type Column, printed, titled, toTable } from "../output.ts";
import { modelStatus } from "../reap.ts";
import { resolveController } from "../resolve.ts";
import { connect, refreshModels, type Session, visibleModels } from "../session.ts";
import { cloudOf, isJuju4, type Model } from "../state.ts";
import { exactTime, friendlyTime, type Instant } from "../time.ts";
import type { Command } from "./command.ts";
import { unqualified } from "./whoami.ts";

/** How the list is asked for, and by whom. */
type Asked = {
  readonly controller: string;
  readonly user: string;
  readonly all: boolean;
  readonly time: (at: Instant) => string;
};

/** What a listed model has in common with the answer of `juju show-model`. */
export const summaryHead = (session: Session, model: Model, controller: string): Record<string, unknown> => {
  const { scenario } = session.simulation.state;
  const cloud = cloudOf(scenario, model);
  return {
    name: `${model.owner}/${model.name}`,
    "short-name": model.name,
    "model-uuid": model.uuid,
    "model-type": "iaas",
    "controller-uuid": scenario.uuid,
    "controller-name": controller,
    "is-controller": model.isController,
    ...(isJuju4(scenario.client) ? {} : { owner: model.owner }),
    cloud: cloud.name,
    region: cloud.region,
  };
};

/** The status of a model as the list and `juju show-model` print it; when a migration began is composed. */
export const summaryStatus = (
  session: Session,
  model: Model,
  time: (at: Instant) => string,
): Record<string, unknown> => {
  const { clock, state } = session.simulation;
  const { current, message, since, migration } = modelStatus(model, clock.now(), state.scenario.version);
  return {
    current,
    ...(message ? { message } : {}),
    since: time(since),
    ...(migration ? { migration, "migration-start": time(since) } : {}),
  };
};

const summary = (model: Model, session: Session, { controller, user, all, time }: Asked) => {
  const { scenario } = session.simulation.state;
  const { name, type } = cloudOf(scenario, model);
  const juju4 = isJuju4(scenario.version);
  // With --all, 4.0 tells neither what was granted nor when the user was there.
  const access = juju4 && all ? "" : (grantOf(scenario, model, user) ?? "");
  return {
    ...summaryHead(session, model, controller),
    ...(juju4 ? {} : { credential: { name: "maas-cred", owner: scenario.user, cloud: name } }),
    ...(type ? { type } : {}),
    life: model.life,
    status: summaryStatus(session, model, time),
    access,
    "last-connection": juju4 && all ? "never connected" : time(model.since),
    "agent-version": model.version,
  };
};

type Counts = { readonly machines: number; readonly cores: number; readonly units: number };

const countsOf = ({ scenario, machines, workload, applications }: Model): Counts => {
  const containers = machines.flatMap(({ id }) => workload.containers[id] ?? []);
  const units = workload.applications
    .filter(({ name }) => applications.includes(name))
    .flatMap((application) => application.units)
    .reduce((sum, { subordinates }) => sum + 1 + subordinates.length, 0);
  const cores = machines.reduce((sum, machine) => sum + machine.cores, 0);
  return scenario.summary ?? { machines: machines.length + containers.length, cores, units };
};

const table = (
  models: readonly Model[],
  session: Session,
  asked: Asked,
  current: string,
  uuid: boolean,
): string => {
  const { scenario } = session.simulation.state;
  const nowMs = session.simulation.clock.now();
  const counts = new Map(models.map((model) => [model, countsOf(model)]));
  // A column of numbers is there when some model has one.
  const numbers = (["machines", "cores", "units"] as const).filter((what) =>
    [...counts.values()].some((count) => count[what] > 0),
  );
  const titles = { machines: "Machines", cores: "Cores", units: "Units" };
  const columns: Column[] = [
    ...titled("Model", ...(uuid ? ["UUID"] : []), "Cloud/Region", "Type", "Status"),
    // The first two of them are set to the right.
    ...numbers.map((what, index) => ({ title: titles[what], right: index < 2 })),
    ...titled("Access", "Last connection"),
  ];
  const rows = models.map((model) => {
    const { access, "last-connection": connected } = summary(model, session, asked);
    const cloud = cloudOf(scenario, model);
    const name = unqualified(`${model.owner}/${model.name}`, asked.user);
    const count = counts.get(model);
    return [
      `${name}${name === current ? "*" : ""}`,
      ...(uuid ? [model.uuid] : []),
      `${cloud.name}/${cloud.region}`,
      cloud.type,
      modelStatus(model, nowMs, scenario.version).current,
      ...numbers.map((what) => (what === "machines" ? `${count?.machines}` : `${count?.[what] || "-"}`)),
      access,
      connected,
    ];
  });
  return toTable(columns, rows);
};

/** What juju says on stderr, in the tabular format, when there is no model. */
const noModels = `
There are no models available. You can add models with
"juju add-model", or you can ask an administrator or owner
of a model to grant access to that model with "juju grant".

`;

/** Whose models are listed: those of another user only for a superuser, and only when the controller knows that one. */
const whose = ({ simulation }: Session, account: string, asked: string | undefined): string => {
  const { scenario, models } = simulation.state;
  if (asked === undefined || asked === account) return account;
  if (!isSuperuser(scenario, account)) fail("permission denied (unauthorized access)");
  const known = usersOf(scenario, models.values()).has(asked);
  if (!known && isJuju4(scenario.version)) fail(`user "${asked}" does not exist (not found)`);
  return asked;
};

/** `juju models`: the controller's list; it also rewrites the client's own. */
export const models: Command = {
  flags: flags(["all", "uuid", "exact-time"], ["c=controller", "controller", "user", "format"]),
  unsupported: flags([], ["o=output", "output"]),
  defaultFormat: "tabular",
  run: async (session, parsed) => {
    const { stdout, stderr, store, simulation, fault } = session;
    const format = formatOf(parsed, ["tabular", "yaml", "json"], "tabular");
    atMost(0, parsed.rest);
    const controller = resolveController(session, parsed.values.get("controller"), runError);
    const account = store.account(controller);
    if (!account) return fail(`account details for controller ${controller} not found`);
    await connect(session, controller);
    const user = whose(session, account.user, parsed.values.get("user"));
    const all = parsed.on.has("all");
    const visible = visibleModels(session, user, all);
    refreshModels(session, controller, visible);
    const { hides = () => false } = behaviourOf(fault);
    for (const { name } of visible.filter(hides))
      stderr(`getting model "${name}" status: settings not found\n`);
    const listed = visible.filter((model) => !hides(model));
    const nowMs = simulation.clock.now();
    const time = (at: Instant): string =>
      parsed.on.has("exact-time") ? exactTime(at) : friendlyTime(at, nowMs);
    const asked: Asked = { controller, user, all, time };
    const current = unqualified(store.currentModel(controller) ?? "", account.user);
    const answer = {
      models: listed.map((model) => summary(model, session, asked)),
      ...(current ? { "current-model": current } : {}),
    };
    const shown = (): string => table(listed, session, asked, current, parsed.on.has("uuid"));
    stdout(printed(format, answer, () => `Controller: ${controller}\n\n${shown()}`));
    if (format === "tabular" && listed.length === 0) stderr(noModels);
    return 0;
  },
};
