/** Charms whose tracks follow a payload of their own and not the OpenStack release. */
export type Family = "ceph" | "ovn" | "mysql" | "rabbitmq" | "vault" | "hacluster";

/** Source: https://docs.openstack.org/charm-guide/latest/project/charm-delivery.html */
export const familyOfCharm: ReadonlyMap<string, Family> = new Map([
  ["ceph-mon", "ceph"],
  ["ceph-osd", "ceph"],
  ["ceph-radosgw", "ceph"],
  ["ceph-fs", "ceph"],
  ["ceph-rbd-mirror", "ceph"],
  ["ceph-proxy", "ceph"],
  ["ceph-dashboard", "ceph"],
  ["ceph-iscsi", "ceph"],
  ["ceph-nfs", "ceph"],
  ["ovn-central", "ovn"],
  ["ovn-chassis", "ovn"],
  ["ovn-dedicated-chassis", "ovn"],
  ["mysql-innodb-cluster", "mysql"],
  ["mysql-router", "mysql"],
  ["rabbitmq-server", "rabbitmq"],
  ["vault", "vault"],
  ["hacluster", "hacluster"],
]);

/**
 * The tracks of each family that the guide names, oldest first. Later ones (Vault 1.15 and up) are charms
 * written anew: moving to one is not a matter of course.
 */
export const familyTracks: Readonly<Record<Family, readonly string[]>> = {
  ceph: ["octopus", "pacific", "quincy", "reef", "squid", "tentacle"],
  ovn: ["20.03", "20.12", "21.09", "22.03", "22.09", "23.03", "23.09", "24.03", "24.09", "25.03"],
  mysql: ["8.0"],
  rabbitmq: ["3.6", "3.8", "3.9"],
  vault: ["1.5", "1.6", "1.7", "1.8"],
  hacluster: ["1.1.18", "2.0.3", "2.4"],
};

/** An OpenStack release with what is deployed with it. */
export type Release = {
  /** The track of the OpenStack charms. */
  readonly track: string;
  readonly codename: string;
  /** The Ubuntu bases it runs on. On `native` it is `distro`, on the others it comes from the Cloud Archive. */
  readonly bases: readonly string[];
  readonly native: string | undefined;
  readonly ceph: readonly string[];
  readonly ovn: readonly string[];
};

/**
 * OpenStack releases, oldest first. Sources: charm-guide (charm delivery) for tracks, the Ubuntu Cloud Archive
 * (https://wiki.ubuntu.com/OpenStack/CloudArchive) for bases and Ceph, OVN's releases for its track. From
 * yoga to caracal the guide lets OVN stay on a long-term track.
 */
export const releases: readonly Release[] = [
  release("ussuri", "ussuri", ["20.04"], "20.04", ["octopus"], ["20.03", "22.03"]),
  release("victoria", "victoria", ["20.04"], undefined, ["octopus"], ["20.03", "20.12", "22.03"]),
  release("wallaby", "wallaby", ["20.04"], undefined, ["pacific"], ["20.12", "22.03"]),
  release("xena", "xena", ["20.04"], undefined, ["pacific"], ["21.09", "22.03"]),
  release("yoga", "yoga", ["20.04", "22.04"], "22.04", ["quincy"], ["22.03"]),
  release("zed", "zed", ["22.04"], undefined, ["quincy"], ["22.09"]),
  release("2023.1", "antelope", ["22.04"], undefined, ["quincy"], ["23.03"]),
  release("2023.2", "bobcat", ["22.04"], undefined, ["reef"], ["23.09"]),
  release("2024.1", "caracal", ["22.04", "24.04"], "24.04", ["squid", "reef"], ["24.03"]),
  release("2024.2", "dalmatian", ["24.04"], undefined, ["squid"], ["24.09"]),
  release("2025.1", "epoxy", ["24.04"], undefined, ["squid"], ["25.03"]),
];

function release(
  track: string,
  codename: string,
  versions: readonly string[],
  native: string | undefined,
  ceph: readonly string[],
  ovn: readonly string[],
): Release {
  return {
    track,
    codename,
    bases: versions.map((version) => `ubuntu@${version}`),
    native: native === undefined ? undefined : `ubuntu@${native}`,
    ceph,
    ovn,
  };
}

export const releaseOfTrack = (track: string): Release | undefined =>
  releases.find((candidate) => candidate.track === track || candidate.codename === track);
