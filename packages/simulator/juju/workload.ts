import type { Bundle } from "./bundle.ts";

/** One unit as status shows it. A subordinate lives with its principal and has no machine of its own. */
export type Unit = {
  readonly name: string;
  readonly machine: string;
  readonly address: string;
  readonly leader: boolean;
  readonly message: string;
  readonly ports?: readonly string[];
  /** Waits for its machine: no agent, no address. */
  readonly waits?: boolean;
  /** False: the agent has not told its version. */
  readonly versioned?: boolean;
  readonly subordinates: readonly Unit[];
};

export type Related = { readonly application: string; readonly interface: string; readonly scope: string };

/** One application as status shows it; how it was deployed is in the model's bundle. */
export type Application = {
  readonly name: string;
  readonly charm: string;
  readonly revision: number;
  readonly channel: string;
  readonly charmVersion?: string;
  readonly version: string;
  readonly status: { readonly current: string; readonly message: string };
  readonly relations: Readonly<Record<string, readonly Related[]>>;
  readonly subordinateTo: readonly string[];
  readonly units: readonly Unit[];
};

/** What runs in a model. */
export type Workload = {
  readonly applications: readonly Application[];
  /** LXD containers of a machine, `0/lxd/0`, by the machine's id. */
  readonly containers: Readonly<Record<string, readonly string[]>>;
  /** The `storage` of `juju status`. */
  readonly storage: Readonly<Record<string, unknown>>;
};

/** Relations through which a subordinate gets onto its principal's units. */
const containerEndpoints: ReadonlySet<string> = new Set([
  "shared-db",
  "juju-info",
  "nova-compute",
  "neutron-plugin",
  "storage-backend",
  "ha",
]);

/** The interfaces of relations, by the endpoint of one side: published charms' metadata. */
const interfaces: Readonly<Record<string, string>> = {
  "shared-db": "mysql-shared",
  "db-router": "mysql-router",
  amqp: "rabbitmq",
  "identity-service": "keystone",
  "image-service": "glance",
  "cloud-compute": "nova-compute",
  "cinder-volume-service": "cinder",
  "storage-backend": "cinder-backend",
  client: "ceph-client",
  osd: "ceph-osd",
  radosgw: "ceph-radosgw",
  "ceph-access": "cinder-ceph-key",
  "neutron-plugin": "neutron-plugin",
  certificates: "tls-certificates",
};

/** The interface of a relation: the same from both sides. */
const interfaceOf = (own: string, theirs: string): string => {
  const [first = "", second = ""] = [own, theirs].sort();
  return interfaces[first] ?? interfaces[second] ?? first;
};

/** Workload versions that status shows (`version:`), by charm. */
const versions: Readonly<Record<string, string>> = {
  keystone: "21.0.1",
  "mysql-router": "8.0.39",
  "mysql-innodb-cluster": "8.0.39",
  "ceph-osd": "17.2.7",
  "ceph-mon": "17.2.7",
  "ceph-radosgw": "17.2.7",
  "rabbitmq-server": "3.9.27",
  vault: "1.7.9",
  "nova-compute": "25.2.1",
  "nova-cloud-controller": "25.2.1",
  "neutron-api": "20.5.0",
  glance: "24.2.1",
  cinder: "20.3.1",
  placement: "7.0.0",
  "openstack-dashboard": "22.1.1",
  "ovn-central": "22.03.3",
  "ovn-chassis": "22.03.3",
};

const split = (endpoint: string): [string, string] => {
  const [application = "", name = ""] = endpoint.split(":");
  return [application, name];
};

/** The endpoint of `application` in each of its relations, with the other side. */
const relationsOf = (bundle: Bundle, application: string): [own: string, other: string, theirs: string][] =>
  bundle.relations.flatMap(([left, right]) => {
    const [a, aEndpoint] = split(left);
    const [b, bEndpoint] = split(right);
    if (a === application) return [[aEndpoint, b, bEndpoint]];
    if (b === application) return [[bEndpoint, a, aEndpoint]];
    return [];
  });

/**
 * Places a bundle's units on machines and makes what status shows of them. All units are well.
 *
 * @param addressOf the address of a machine (-1), or of the container with that number in the model
 */
export const deploy = (
  bundle: Bundle,
  machineIds: readonly string[],
  addressOf: (machine: string, container: number) => string,
): Workload => {
  const names = Object.keys(bundle.applications);
  const containers = new Map<string, string[]>();
  const place = (target: string, index: number): string => {
    const wanted = Number(target.split(":").at(-1));
    const machine = machineIds[wanted] ?? machineIds[index % Math.max(1, machineIds.length)] ?? "0";
    if (!target.startsWith("lxd:")) return machine;
    const own = containers.get(machine) ?? [];
    const id = `${machine}/lxd/${own.length}`;
    containers.set(machine, [...own, id]);
    return id;
  };
  const isSubordinate = (name: string): boolean => !bundle.applications[name]?.num_units;
  const principalOf = (name: string): string | undefined =>
    relationsOf(bundle, name).find(
      ([own, other]) => containerEndpoints.has(own) && !isSubordinate(other),
    )?.[1];
  const placed = new Map<string, string[]>(
    names
      .filter((name) => !isSubordinate(name))
      .map((name) => {
        const { num_units: count = 0, to = [] } = bundle.applications[name] ?? {};
        return [
          name,
          Array.from({ length: count }, (_, index) => place(to[index] ?? to.at(-1) ?? String(index), index)),
        ];
      }),
  );
  const everyContainer = [...containers.values()].flat();
  const addressAt = (id: string): string => addressOf(id.split("/")[0] ?? "0", everyContainer.indexOf(id));
  const subordinatesOf = (principal: string, index: number, address: string): Unit[] =>
    names
      .filter((name) => isSubordinate(name) && principalOf(name) === principal)
      .map((name) => ({
        name: `${name}/${index}`,
        machine: "",
        address,
        leader: index === 0,
        message: "Unit is ready",
        subordinates: [],
      }));
  const applications = names.map((name): Application => {
    const { charm = name, channel = "latest/stable", revision = 0 } = bundle.applications[name] ?? {};
    const relations: Record<string, Related[]> = {};
    for (const [own, other, theirs] of relationsOf(bundle, name)) {
      const local = containerEndpoints.has(own) && (isSubordinate(name) || isSubordinate(other));
      const related = {
        application: other,
        interface: interfaceOf(own, theirs),
        scope: local ? "container" : "global",
      };
      relations[own] = [...(relations[own] ?? []), related];
    }
    const principal = isSubordinate(name) ? principalOf(name) : undefined;
    return {
      name,
      charm,
      revision,
      channel,
      version: versions[charm] ?? "",
      status: { current: "active", message: "Unit is ready" },
      relations,
      subordinateTo: principal ? [principal] : [],
      units: (placed.get(name) ?? []).map((machine, index) => ({
        name: `${name}/${index}`,
        machine,
        address: addressAt(machine),
        leader: index === 0,
        message: "Unit is ready",
        subordinates: subordinatesOf(name, index, addressAt(machine)),
      })),
    };
  });
  return { applications, containers: Object.fromEntries(containers), storage: {} };
};
