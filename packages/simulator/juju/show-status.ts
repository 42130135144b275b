import { toTable } from "./output.ts";
import { modelStatus } from "./reap.ts";
import { machineColumns, machineRows, showMachines, shownLife } from "./show.ts";
import { isJuju4, type Machine, type Model } from "./state.ts";
import { clockTime, instant, statusTime } from "./time.ts";
import type { Application, Unit } from "./workload.ts";

/** Where a model lives, when it is asked, and by whom. */
export type Place = {
  readonly controller: string;
  readonly cloud: { readonly name: string; readonly region: string };
  /** The versions of the client and of the controller. */
  readonly client: string;
  readonly version: string;
  readonly nowMs: number;
  /** Applications or units that are asked for; none: all. */
  readonly only: readonly string[];
};

const unitEntry = (model: Model, unit: Unit): [string, Record<string, unknown>] => {
  const since = statusTime(model.since);
  const { subordinates, ports, waits, versioned = true } = unit;
  const version = versioned && !waits ? { version: model.version } : {};
  const entry = {
    "workload-status": { current: waits ? "waiting" : "active", message: unit.message, since },
    "juju-status": { current: waits ? "allocating" : "idle", since, ...version },
    ...(unit.leader ? { leader: true } : {}),
    ...(unit.machine ? { machine: unit.machine } : {}),
    ...(ports ? { "open-ports": ports } : {}),
    ...(unit.address ? { "public-address": unit.address } : {}),
    ...(subordinates.length > 0
      ? { subordinates: Object.fromEntries(subordinates.map((own) => unitEntry(model, own))) }
      : {}),
  };
  return [unit.name, entry];
};

const sortedKeys = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1));

/** The space of each endpoint of an application. */
export const bindingsOf = (model: Model, application: string): Record<string, string> =>
  model.bundle.applications[application]?.bindings ?? { "": "alpha" };

const applicationEntry = (
  model: Model,
  application: Application,
  controller: string,
): Record<string, unknown> => {
  const { charm, revision, channel, charmVersion, status, relations, subordinateTo, units, version } =
    application;
  const bindings = bindingsOf(model, application.name);
  const related = sortedKeys(relations).map(([endpoint, others]) => [
    endpoint,
    others.map((other) => ({
      "related-application": other.application,
      interface: other.interface,
      scope: other.scope,
    })),
  ]);
  return {
    charm,
    base: { name: "ubuntu", channel: "22.04" },
    "charm-origin": "charmhub",
    "charm-name": charm,
    "charm-rev": revision,
    "charm-channel": channel,
    ...(charmVersion ? { "charm-version": charmVersion } : {}),
    exposed: false,
    ...shownLife(model.life === "alive" ? "alive" : "dying", controller),
    "application-status": {
      current: status.current,
      ...(status.message ? { message: status.message } : {}),
      since: statusTime(model.since),
    },
    ...(related.length > 0 ? { relations: Object.fromEntries(related) } : {}),
    ...(subordinateTo.length > 0 ? { "subordinate-to": subordinateTo } : {}),
    ...(units.length > 0 ? { units: Object.fromEntries(units.map((unit) => unitEntry(model, unit))) } : {}),
    ...(version ? { version } : {}),
    ...(Object.keys(bindings).length > 0 ? { "endpoint-bindings": bindings } : {}),
  };
};

/** The applications that a model still has, by name. */
export const presentApplications = ({ workload, applications }: Model): Application[] =>
  workload.applications
    .filter(({ name }) => applications.includes(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1));

/** What was asked for: some applications with the machines of their units, or all that there is. */
const asked = (
  model: Model,
  only: readonly string[],
): { applications: Application[]; machines: Machine[] } => {
  const present = presentApplications(model);
  if (only.length === 0) return { applications: present, machines: model.machines };
  const names = only.map((one) => one.split("/")[0]);
  // Relations to what is not asked for are not told.
  const applications = present
    .filter(({ name }) => names.includes(name))
    .map((one) => ({
      ...one,
      relations: Object.fromEntries(
        Object.entries(one.relations)
          .map(
            ([endpoint, others]) =>
              [endpoint, others.filter((other) => names.includes(other.application))] as const,
          )
          .filter(([, others]) => others.length > 0),
      ),
    }));
  const hosts = applications.flatMap(({ units }) => units.map(({ machine }) => machine.split("/")[0]));
  return { applications, machines: model.machines.filter(({ id }) => hosts.includes(id)) };
};

/** `juju status --format=yaml` as data. */
export const fullStatus = (
  model: Model,
  { controller, cloud, client, version, nowMs, only }: Place,
): Record<string, unknown> => {
  const { current, message } = modelStatus(model, nowMs, version, "status");
  const { applications, machines } = asked(model, only);
  return {
    model: {
      name: model.name,
      type: "iaas",
      controller,
      cloud: cloud.name,
      region: cloud.region,
      version: model.version,
      "model-status": { current, ...(message ? { message } : {}), since: statusTime(model.status.since) },
      ...(isJuju4(client) ? {} : { sla: "unsupported" }),
    },
    machines: showMachines(model, machines, version),
    applications: Object.fromEntries(
      applications.map((application) => [application.name, applicationEntry(model, application, version)]),
    ),
    storage: applications.length > 0 ? model.workload.storage : {},
    controller: { timestamp: clockTime(instant(nowMs)) },
  };
};

const unitRows = (unit: Unit, indent = ""): string[][] => [
  [
    `${indent}${unit.name}${unit.leader ? "*" : ""}`,
    unit.waits ? "waiting" : "active",
    unit.waits ? "allocating" : "idle",
    unit.machine,
    unit.address,
    (unit.ports ?? []).join(" "),
    unit.message,
  ],
  ...unit.subordinates.flatMap((subordinate) => unitRows(subordinate, `${indent}  `)),
];

const titles = (...names: string[]): { title: string; right?: boolean }[] =>
  names.map((title) => ({ title, ...(title === "Scale" || title === "Rev" ? { right: true } : {}) }));

/** `juju status`: the tables that it prints for people. */
export const statusTables = (model: Model, place: Place): string => {
  const juju4 = isJuju4(place.client);
  const { applications, machines } = asked(model, place.only);
  const scale = ({ name: of, units }: Application): string => {
    const waiting = units.filter(({ waits }) => waits).length;
    const subordinates = applications.flatMap((one) => one.units).flatMap((unit) => unit.subordinates);
    const own = units.length || subordinates.filter(({ name }) => name.startsWith(`${of}/`)).length;
    return waiting > 0 ? `${own - waiting}/${own}` : `${own}`;
  };
  const region = `${place.cloud.name}/${place.cloud.region}`;
  const now = clockTime(instant(place.nowMs));
  const head = juju4
    ? toTable(titles("Model", "Controller", "Cloud/Region", "Version", "Timestamp"), [
        [model.name, place.controller, region, model.version, now],
      ])
    : toTable(titles("Model", "Controller", "Cloud/Region", "Version", "SLA", "Timestamp"), [
        [model.name, place.controller, region, model.version, "unsupported", now],
      ]);
  const parts = [head];
  if (applications.length > 0) {
    parts.push(
      toTable(
        titles("App", "Version", "Status", "Scale", "Charm", "Channel", "Rev", "Exposed", "Message"),
        applications.map((application) => [
          application.name,
          application.version,
          application.status.current,
          scale(application),
          application.charm,
          application.channel,
          String(application.revision),
          "no",
          application.status.message,
        ]),
      ),
      toTable(
        titles("Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message"),
        applications.flatMap(({ units }) => units.flatMap((unit) => unitRows(unit))),
      ),
    );
  }
  if (machines.length > 0) parts.push(toTable(machineColumns, machineRows(model, machines)));
  return parts.join("\n");
};
