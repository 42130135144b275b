import { stableToken } from "../identity.ts";
import type { Bundle, BundleApplication } from "./bundle.ts";

/** A principal: charm, channel, revision, placement, options; a subordinate has no placement. */
type Row = readonly [name: string, charm: string, channel: string, to: string, options?: Options];
type Options = Readonly<Record<string, string | number | boolean>>;

const origin = "distro";

/** Options whose value is a secret: replaced by one that no test can mistake. */
const secret = "secret:";

/**
 * A charmed OpenStack of the yoga release on jammy, as the deployment guide has it: names, charms, channels and
 * placements are the published ones; option values are invented.
 */
const applications: readonly Row[] = [
  [
    "keystone",
    "keystone",
    "yoga/stable",
    "lxd:0",
    { "admin-password": secret, "openstack-origin": origin, "preferred-api-version": 3 },
  ],
  ["keystone-mysql-router", "mysql-router", "8.0/stable", ""],
  [
    "ceph-osd",
    "ceph-osd",
    "quincy/stable",
    "0 1 2 3",
    { "osd-devices": "/dev/sdb /dev/vdb", source: origin, key: secret },
  ],
  [
    "ceph-mon",
    "ceph-mon",
    "quincy/stable",
    "lxd:0 lxd:1 lxd:2",
    { "expected-osd-count": 4, "monitor-count": 3, source: origin, "monitor-secret": secret },
  ],
  [
    "mysql-innodb-cluster",
    "mysql-innodb-cluster",
    "8.0/stable",
    "lxd:0 lxd:1 lxd:2",
    { "max-connections": 1000 },
  ],
  ["rabbitmq-server", "rabbitmq-server", "3.9/stable", "lxd:2", { "min-cluster-size": 1 }],
  [
    "vault",
    "vault",
    "1.7/stable",
    "lxd:0",
    {
      "auto-generate-root-ca-cert": true,
      "ssl-key": secret,
      "ssl-cert": secret,
      "totally-unsecure-auto-unlock": false,
    },
  ],
  ["vault-mysql-router", "mysql-router", "8.0/stable", ""],
  [
    "nova-compute",
    "nova-compute",
    "yoga/stable",
    "0 1 2 3",
    {
      "config-flags": "default_ephemeral_format=ext4",
      "enable-live-migration": true,
      "enable-resize": true,
      "migration-auth-type": "ssh",
      "openstack-origin": origin,
      "virt-type": "qemu",
    },
  ],
  [
    "nova-cloud-controller",
    "nova-cloud-controller",
    "yoga/stable",
    "lxd:0",
    { "network-manager": "Neutron", "openstack-origin": origin, "shared-secret": secret },
  ],
  ["nova-mysql-router", "mysql-router", "8.0/stable", ""],
  [
    "neutron-api",
    "neutron-api",
    "yoga/stable",
    "lxd:1",
    { "flat-network-providers": "physnet1", "neutron-security-groups": true, "openstack-origin": origin },
  ],
  ["neutron-mysql-router", "mysql-router", "8.0/stable", ""],
  ["neutron-api-plugin-ovn", "neutron-api-plugin-ovn", "yoga/stable", ""],
  ["ovn-central", "ovn-central", "22.03/stable", "lxd:0 lxd:1 lxd:2", { source: origin }],
  [
    "ovn-chassis",
    "ovn-chassis",
    "22.03/stable",
    "",
    { "bridge-interface-mappings": "br-ex:enp6s0", "ovn-bridge-mappings": "physnet1:br-ex" },
  ],
  ["glance", "glance", "yoga/stable", "lxd:2", { "openstack-origin": origin, "api-config-flags": "" }],
  ["glance-mysql-router", "mysql-router", "8.0/stable", ""],
  [
    "cinder",
    "cinder",
    "yoga/stable",
    "lxd:1",
    { "block-device": "None", "glance-api-version": 2, "openstack-origin": origin },
  ],
  ["cinder-mysql-router", "mysql-router", "8.0/stable", ""],
  ["cinder-ceph", "cinder-ceph", "yoga/stable", ""],
  ["placement", "placement", "yoga/stable", "lxd:2", { "openstack-origin": origin }],
  ["placement-mysql-router", "mysql-router", "8.0/stable", ""],
  [
    "openstack-dashboard",
    "openstack-dashboard",
    "yoga/stable",
    "lxd:1",
    { "openstack-origin": origin, secret, ssl_key: secret },
  ],
  ["dashboard-mysql-router", "mysql-router", "8.0/stable", ""],
  ["ceph-radosgw", "ceph-radosgw", "quincy/stable", "lxd:0", { source: origin }],
  ["ntp", "ntp", "latest/stable", "", { auth_keys: secret, source: "ntp.ubuntu.com" }],
];

/** Families of relations, each written once; see `relations`. */
const amqp = ["nova-compute", "neutron-api", "glance", "nova-cloud-controller", "cinder"];
const identity = [
  "nova-cloud-controller",
  "glance",
  "neutron-api",
  "openstack-dashboard",
  "cinder",
  "ceph-radosgw",
  "placement",
];
const databases: readonly (readonly [string, string])[] = [
  ["keystone", "keystone-mysql-router"],
  ["cinder", "cinder-mysql-router"],
  ["glance", "glance-mysql-router"],
  ["nova-cloud-controller", "nova-mysql-router"],
  ["neutron-api", "neutron-mysql-router"],
  ["openstack-dashboard", "dashboard-mysql-router"],
  ["placement", "placement-mysql-router"],
  ["vault", "vault-mysql-router"],
];
const certificates = [
  "ovn-central",
  "neutron-api",
  "ovn-chassis",
  "neutron-api-plugin-ovn",
  "cinder",
  "glance",
  "keystone",
  "nova-cloud-controller",
  "openstack-dashboard",
  "placement",
  "ceph-radosgw",
  "mysql-innodb-cluster",
];

const relations: readonly (readonly [string, string])[] = [
  ...amqp.map((name) => [`${name}:amqp`, "rabbitmq-server:amqp"] as const),
  ...identity.map((name) => [`${name}:identity-service`, "keystone:identity-service"] as const),
  ["nova-cloud-controller:image-service", "glance:image-service"],
  ["nova-compute:image-service", "glance:image-service"],
  ["cinder:image-service", "glance:image-service"],
  ["nova-cloud-controller:cloud-compute", "nova-compute:cloud-compute"],
  ["nova-cloud-controller:neutron-api", "neutron-api:neutron-api"],
  ["cinder:cinder-volume-service", "nova-cloud-controller:cinder-volume-service"],
  ["cinder-ceph:storage-backend", "cinder:storage-backend"],
  ["ceph-mon:client", "nova-compute:ceph"],
  ["nova-compute:ceph-access", "cinder-ceph:ceph-access"],
  ["ceph-mon:client", "cinder-ceph:ceph"],
  ["ceph-mon:client", "glance:ceph"],
  ["ceph-osd:mon", "ceph-mon:osd"],
  ["ntp:juju-info", "nova-compute:juju-info"],
  ["ceph-radosgw:mon", "ceph-mon:radosgw"],
  ["placement:placement", "nova-cloud-controller:placement"],
  ...databases.map(([name, router]) => [`${name}:shared-db`, `${router}:shared-db`] as const),
  ...databases.map(([, router]) => [`${router}:db-router`, "mysql-innodb-cluster:db-router"] as const),
  ["neutron-api-plugin-ovn:neutron-plugin", "neutron-api:neutron-plugin-api-subordinate"],
  ["ovn-central:ovsdb-cms", "neutron-api-plugin-ovn:ovsdb-cms"],
  ["ovn-chassis:nova-compute", "nova-compute:neutron-plugin"],
  ["ovn-chassis:ovsdb", "ovn-central:ovsdb"],
  ...certificates.map((name) => ["vault:certificates", `${name}:certificates`] as const),
];

/** Charms take TLS material as text of several lines. */
const pem = (option: string): string => (option.endsWith("key") ? "PRIVATE KEY" : "CERTIFICATE");

const application = (row: Row, place: number, machines: number, canary: boolean): BundleApplication => {
  const [name, charm, channel, to, options] = row;
  const placements = to
    .split(" ")
    .filter((placement) => placement && Number(placement.replace("lxd:", "")) < machines);
  const value = (option: string, given: string | number | boolean): string | number | boolean => {
    if (given !== secret) return given;
    const plain = canary ? `CANARY-${name}-${option}` : stableToken(`${name} ${option}`, 24);
    const isPem = /^ssl.(key|cert)$/.test(option);
    return isPem ? `-----BEGIN ${pem(option)}-----\n${plain}\n-----END ${pem(option)}-----\n` : plain;
  };
  return {
    charm,
    channel,
    revision: 100 + place * 7,
    ...(to ? { num_units: Math.max(1, placements.length), to: placements } : {}),
    ...(options
      ? {
          options: Object.fromEntries(
            Object.entries(options).map(([key, given]) => [key, value(key, given)]),
          ),
        }
      : {}),
    annotations: { "gui-x": String((place % 6) * 200), "gui-y": String(Math.floor(place / 6) * 200) },
    constraints: "arch=amd64",
    ...(name === "ceph-osd" ? { storage: { "osd-devices": "loop,1024M" } } : {}),
    bindings: { "": "alpha" },
    ...(name === "keystone"
      ? {
          offers: {
            "keystone-credentials": { endpoints: ["identity-credentials"], acl: { admin: "admin" } },
          },
        }
      : {}),
  };
};

/** Applications beyond those of OpenStack, so that a model can be of any size. */
const filler = (place: number): BundleApplication => ({
  charm: "ubuntu",
  channel: "latest/stable",
  revision: 24,
  num_units: 1,
  to: ["0"],
  annotations: { "gui-x": String(place * 10), "gui-y": "2000" },
  constraints: "arch=amd64",
  bindings: { "": "alpha" },
});

/**
 * The bundle of a charmed OpenStack with `count` applications on `machines` machines.
 *
 * @param canary true puts the word CANARY into every secret among the options
 */
export const openstackBundle = (count: number, machines: number, canary: boolean): Bundle => {
  const chosen: [string, BundleApplication][] = applications
    .slice(0, count)
    .map((row, place) => [row[0], application(row, place, machines, canary)]);
  for (let place = applications.length; place < count; place += 1)
    chosen.push([`ubuntu-${place}`, filler(place)]);
  const names = new Set(chosen.map(([name]) => name));
  const owner = (endpoint: string): string => endpoint.split(":")[0] ?? "";
  return {
    base: "ubuntu@22.04/stable",
    applications: Object.fromEntries(chosen),
    relations: relations
      .filter((pair) => pair.every((endpoint) => names.has(owner(endpoint))))
      .map(([left, right]) => [left, right]),
  };
};
