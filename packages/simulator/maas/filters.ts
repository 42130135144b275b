import { macAddress } from "./hardware.ts";
import type { Machine } from "./machine.ts";
import type { Region, User } from "./region.ts";
import { invalid, type Reply } from "./reply.ts";
import { statuses } from "./statuses.ts";
import { sees } from "./users.ts";

/** What one filter asks of a machine, and why it refuses a value; undefined accepts it. */
type Filter = {
  readonly matches: (machine: Machine, values: readonly string[]) => boolean;
  readonly refuses?: (values: readonly string[], region: Region) => string | undefined;
};

const byText = (text: (machine: Machine) => string | null): Filter => ({
  matches: (machine, values) => values.includes(text(machine) ?? ""),
});

const choice = (name: string): string =>
  `Select a valid choice. ${name} is not one of the available choices.`;

const label = (machine: Machine): string => statuses.find(({ name }) => name === machine.status)?.label ?? "";

/** A filter whose values must exist: `No such zone(s): bogus.` */
const existing = (kind: string, of: (machine: Machine) => string, always: readonly string[]): Filter => ({
  ...byText(of),
  refuses: (values, region) => {
    const known = new Set([...always, ...[...region.machines.values()].map(of)]);
    const unknown = values.filter((value) => !known.has(value));
    return unknown.length > 0 ? `No such ${kind}(s): ${unknown.join(", ")}.` : undefined;
  },
});

const macPattern = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

/** The filters of `GET /machines/`, each with its `not_` twin; any other parameter is an error. */
const filters: Readonly<Record<string, Filter>> = {
  hostname: byText(({ hostname }) => hostname),
  id: byText(({ systemId }) => systemId),
  status: {
    matches: (machine, values) => values.includes(label(machine)),
    refuses: (values) => {
      const unknown = values.find((value) => !statuses.some((status) => status.label === value));
      return unknown === undefined ? undefined : choice(unknown);
    },
  },
  owner: byText(({ owner }) => owner),
  agent_name: byText(({ agentName }) => agentName),
  pod: byText(({ pod }) => pod),
  pod_type: byText(({ pod, powerType }) => (pod === null ? null : powerType)),
  zone: existing("zone", ({ zone }) => zone, ["default"]),
  pool: existing("pool", ({ pool }) => pool, ["default"]),
  domain: existing("domain", ({ domain }) => domain, ["maas"]),
  tags: { matches: (machine, values) => values.every((value) => machine.tags.includes(value)) },
  mac_address: {
    matches: (machine, values) => values.some((value) => value.toLowerCase() === macAddress(machine)),
    refuses: (values) => {
      const bad = values.find((value) => !macPattern.test(value));
      return bad === undefined ? undefined : `'${bad}' is not a valid MAC address.`;
    },
  },
};

export const filterNames: readonly string[] = Object.keys(filters);

/** The machines that a user sees and that fit all the filters of the query, or the 400 that MAAS gives. */
export const filterMachines = (region: Region, user: User, query: URLSearchParams): Machine[] | Reply => {
  const errors: Record<string, string[]> = {};
  const tests: ((machine: Machine) => boolean)[] = [(machine) => sees(user, machine)];
  for (const parameter of new Set(query.keys())) {
    if (parameter === "op") continue;
    const negated = parameter.startsWith("not_");
    const filter = filters[negated ? parameter.slice(4) : parameter];
    const values = query.getAll(parameter);
    const refusal = filter ? filter.refuses?.(values, region) : "No such constraint.";
    if (refusal !== undefined) errors[parameter] = [refusal];
    else if (filter) tests.push((machine) => filter.matches(machine, values) !== negated);
  }
  if (Object.keys(errors).length > 0) return invalid(errors);
  return [...region.machines.values()].filter((machine) => tests.every((test) => test(machine)));
};
