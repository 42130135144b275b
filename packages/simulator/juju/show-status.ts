import { toTable } from "./output.ts";
import { modelStatus } from "./reap.ts";
import { machineColumns, machineRows, showMachines } from "./show.ts";
import { isJuju4, type Model } from "./state.ts";
import { clockTime, instant, statusTime } from "./time.ts";
import type { Application, Unit } from "./workload.ts";

/** Where a model lives, and when it is asked. */
export type Place = {
  readonly controller: string;
  readonly cloud: string;
  readonly client: string;
  readonly nowMs: number;
};

const unitEntry = (model: Model, unit: Unit): [string, Record<string, unknown>] => {
  const since = statusTime(model.since);
  const { subordinates, ports } = unit;
  const entry = {
    "workload-status": { current: "active", message: unit.message, since },
    "juju-status": { current: "idle", since, version: model.version },
    ...(unit.leader ? { leader: true } : {}),
    ...(unit.machine ? { machine: unit.machine } : {}),
    ...(ports ? { "open-ports": ports } : {}),
    "public-address": unit.address,
    ...(subordinates.length > 0
      ? { subordinates: Object.fromEntries(subordinates.map((own) => unitEntry(model, own))) }
      : {}),
  };
  return [unit.name, entry];
};

const sortedKeys = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1));

const applicationEntry = (model: Model, application: Application): Record<string, unknown> => {
  const { charm, revision, channel, charmVersion, status, relations, subordinateTo, units, version } =
    application;
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
    ...(model.life === "alive" ? {} : { life: "dying" }),
    "application-status": {
      current: status.current,
      ...(status.message ? { message: status.message } : {}),
      since: statusTime(model.since),
    },
    ...(related.length > 0 ? { relations: Object.fromEntries(related) } : {}),
    ...(subordinateTo.length > 0 ? { "subordinate-to": subordinateTo } : {}),
    ...(units.length > 0 ? { units: Object.fromEntries(units.map((unit) => unitEntry(model, unit))) } : {}),
    ...(version ? { version } : {}),
    "endpoint-bindings": { "": "alpha" },
  };
};

/** The applications that a model still has, by name. */
const present = ({ workload, applications }: Model): Application[] =>
  workload.applications
    .filter(({ name }) => applications.includes(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1));

/** `juju status --format=yaml` as data. */
export const fullStatus = (
  model: Model,
  { controller, cloud, client, nowMs }: Place,
): Record<string, unknown> => {
  const { current, message } = modelStatus(model, nowMs);
  const applications = present(model);
  return {
    model: {
      name: model.name,
      type: "iaas",
      controller,
      cloud,
      region: "default",
      version: model.version,
      "model-status": { current, ...(message ? { message } : {}), since: statusTime(model.status.since) },
      ...(isJuju4(client) ? {} : { sla: "unsupported" }),
    },
    machines: showMachines(model),
    applications: Object.fromEntries(
      applications.map((application) => [application.name, applicationEntry(model, application)]),
    ),
    storage: applications.length > 0 ? model.workload.storage : {},
    controller: { timestamp: clockTime(instant(nowMs)) },
  };
};

const unitRows = (unit: Unit, indent = ""): string[][] => [
  [
    `${indent}${unit.name}${unit.leader ? "*" : ""}`,
    "active",
    "idle",
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
  const applications = present(model);
  const scale = (application: Application): number =>
    application.units.length ||
    applications
      .flatMap(({ units }) => units)
      .flatMap(({ subordinates }) => subordinates)
      .filter(({ name }) => name.startsWith(`${application.name}/`)).length;
  const region = `${place.cloud}/default`;
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
          String(scale(application)),
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
  if (model.machines.length > 0) parts.push(toTable(machineColumns, machineRows(model)));
  return parts.join("\n");
};
