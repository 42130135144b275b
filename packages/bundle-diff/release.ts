import type { Change, Sides } from "./compare.ts";
import { type Application, type Bundle, seriesVersions, textOf } from "./normalise.ts";

/**
 * Charms whose tracks follow a payload of their own and not the OpenStack release, with the tracks that the
 * guide names, oldest first. Later ones (Vault 1.15 and up) are rewritten charms: moving to one is a decision.
 * Source: https://docs.openstack.org/charm-guide/latest/project/charm-delivery.html
 */
const families = [
  {
    name: "ceph",
    charms:
      "ceph-mon ceph-osd ceph-radosgw ceph-fs ceph-rbd-mirror ceph-proxy ceph-dashboard ceph-iscsi ceph-nfs",
    tracks: "octopus pacific quincy reef squid tentacle",
  },
  {
    name: "ovn",
    charms: "ovn-central ovn-chassis ovn-dedicated-chassis",
    tracks: "20.03 20.12 21.09 22.03 22.09 23.03 23.09 24.03 24.09 25.03",
  },
  { name: "mysql", charms: "mysql-innodb-cluster mysql-router", tracks: "8.0" },
  { name: "rabbitmq", charms: "rabbitmq-server", tracks: "3.6 3.8 3.9" },
  { name: "vault", charms: "vault", tracks: "1.5 1.6 1.7 1.8" },
  { name: "hacluster", charms: "hacluster", tracks: "1.1.18 2.0.3 2.4" },
].map(({ name, charms, tracks }) => ({ name, charms: charms.split(" "), tracks: tracks.split(" ") }));

const familyOf = (application: Application | undefined) =>
  families.find(({ charms }) => charms.includes(textOf(application, "charm") ?? ""));

type Release = {
  /** The track of the OpenStack charms. */
  readonly track: string;
  readonly codename: string;
  /** The Ubuntu bases it runs on. On `native` it is `distro`, on the others it comes from the Cloud Archive. */
  readonly bases: readonly string[];
  readonly native: string | undefined;
  /** The tracks of Ceph and OVN that go with it. */
  readonly companions: Readonly<Record<string, readonly string[]>>;
};

/**
 * OpenStack releases, oldest first: track, codename, series, native series, Ceph, OVN. Sources: the charm guide
 * for tracks, the Ubuntu Cloud Archive (https://wiki.ubuntu.com/OpenStack/CloudArchive) for bases and Ceph,
 * OVN's releases for its track. From yoga to caracal the guide lets OVN stay on a long-term track.
 */
const releases = [
  ["ussuri", "ussuri", "focal", "focal", "octopus", "20.03 22.03"],
  ["victoria", "victoria", "focal", "", "octopus", "20.03 20.12 22.03"],
  ["wallaby", "wallaby", "focal", "", "pacific", "20.12 22.03"],
  ["xena", "xena", "focal", "", "pacific", "21.09 22.03"],
  ["yoga", "yoga", "focal jammy", "jammy", "quincy", "22.03"],
  ["zed", "zed", "jammy", "", "quincy", "22.09"],
  ["2023.1", "antelope", "jammy", "", "quincy", "23.03"],
  ["2023.2", "bobcat", "jammy", "", "reef", "23.09"],
  ["2024.1", "caracal", "jammy noble", "noble", "squid reef", "24.03"],
  ["2024.2", "dalmatian", "noble", "", "squid", "24.09"],
  ["2025.1", "epoxy", "noble", "", "squid", "25.03"],
].map(
  ([track = "", codename = "", series = "", native = "", ceph = "", ovn = ""]): Release => ({
    track,
    codename,
    bases: series.split(" ").map(baseOf),
    native: native === "" ? undefined : baseOf(native),
    companions: { ceph: ceph.split(" "), ovn: ovn.split(" ") },
  }),
);

function baseOf(series: string): string {
  return `ubuntu@${seriesVersions.get(series)}`;
}

/** From one OpenStack release to a later one. */
export type ReleaseStep = { readonly from: Release; readonly to: Release };

export type ReleaseUpgrade = {
  readonly step: ReleaseStep;
  readonly changes: readonly Change[];
  /** Applications on the old release's channel although others of their family moved on. */
  readonly leftBehind: ReadonlyArray<{
    readonly application: string;
    readonly channel: string;
    readonly expected: string;
  }>;
};

const splitChannel = (channel: string): { readonly track: string; readonly risk: string } => {
  const [track = "", ...risk] = channel.split("/");
  return { track, risk: risk.join("/") };
};

const releaseOfTrack = (track: string): Release | undefined =>
  releases.find((candidate) => candidate.track === track || candidate.codename === track);

const releaseOf = (application: Application | undefined): Release | undefined =>
  familyOf(application) === undefined
    ? releaseOfTrack(splitChannel(textOf(application, "channel") ?? "").track)
    : undefined;

/** The most frequent item, unless another is as frequent. */
const mostFrequent = (items: readonly string[]): string | undefined => {
  const counts = [...Map.groupBy(items, (item) => item)].map(([item, all]) => ({ item, count: all.length }));
  const [first, second] = counts.sort((a, b) => b.count - a.count);
  return first?.count === second?.count ? undefined : first?.item;
};

/**
 * The release upgrade between two bundles: the step that most OpenStack charms take, if more take it than stay.
 * One charm on another release is no upgrade but something to look at.
 */
const findStep = (old: Bundle, current: Bundle): ReleaseStep | undefined => {
  const moves = [...old.applications].flatMap(([name, application]) => {
    const [from, to] = [releaseOf(application), releaseOf(current.applications.get(name))];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  const key = ({ from, to }: ReleaseStep): string => `${from.track} ${to.track}`;
  const steps = moves.filter(({ from, to }) => releases.indexOf(from) < releases.indexOf(to));
  const most = mostFrequent(steps.map(key));
  const taken = steps.filter((step) => key(step) === most);
  const stay = moves.filter(({ from, to }) => from === to && from === taken[0]?.from);
  return taken.length > stay.length ? taken[0] : undefined;
};

/** The texts of both sides where both are there and may be shown. */
const bothTexts = ({ old, new: current }: Sides): readonly [string, string] | undefined =>
  old.state === "value" && current.state === "value" ? [old.text, current.text] : undefined;

/** Whether a new channel is what this step asks for: the same risk, and a track that goes with the release. */
const channelFollows = (sides: Sides, application: Application | undefined, step: ReleaseStep): boolean => {
  const [before, after] = bothTexts(sides)?.map(splitChannel) ?? [];
  if (before === undefined || after === undefined || before.risk !== after.risk) return false;
  const family = familyOf(application);
  if (family === undefined)
    return releaseOfTrack(before.track) === step.from && releaseOfTrack(after.track) === step.to;
  const { name, tracks } = family;
  const [from, to] = [step.from.companions[name] ?? tracks, step.to.companions[name] ?? tracks];
  return (
    tracks.indexOf(before.track) < tracks.indexOf(after.track) &&
    from.includes(before.track) &&
    to.includes(after.track)
  );
};

const baseFollows = (sides: Sides, { from, to }: ReleaseStep): boolean => {
  const [before = "", after = ""] = bothTexts(sides) ?? [];
  return before < after && from.bases.includes(before) && to.bases.includes(after);
};

/**
 * Whether a package origin gives exactly this release on this base: `distro` on the base that ships it, else
 * the Cloud Archive's `cloud:jammy-caracal`. Pockets (`/proposed`) and mirrors are choices, not the release.
 * @param base - the application's base, or nothing where the bundle does not say
 */
const originGives = (origin: string, release: Release, base: string | undefined): boolean => {
  const { bases, native, codename } = release;
  const possible = bases.filter((candidate) => base === undefined || candidate === base);
  if (origin === "distro") return possible.some((candidate) => candidate === native);
  const series = /^cloud:([a-z]+)-/.exec(origin)?.[1] ?? "";
  return (
    origin === `cloud:${series}-${codename}` && baseOf(series) !== native && possible.includes(baseOf(series))
  );
};

/** The options that say where a charm's packages come from. */
const originOptions = ["openstack-origin", "source"];

/**
 * Separates what a release upgrade brings with it: channels to the tracks that go with the release, each
 * family of charms by one and the same step, package origins, and the Ubuntu base. The rest is for a closer look.
 */
export const separateUpgrade = (
  changes: readonly Change[],
  old: Bundle,
  current: Bundle,
): { readonly release: ReleaseUpgrade | undefined; readonly changes: readonly Change[] } => {
  const step = findStep(old, current);
  if (step === undefined) return { release: undefined, changes };
  const familyName = (application: string): string =>
    familyOf(current.applications.get(application))?.name ?? "openstack";
  const followers = changes.flatMap((change) =>
    change.kind === "channel" && channelFollows(change, current.applications.get(change.application), step)
      ? [{ change, family: familyName(change.application), sides: bothTexts(change)?.join(" ") ?? "" }]
      : [],
  );
  /** Where a family takes two steps equally often, neither is the expected one. */
  const steps = new Map(
    [...Map.groupBy(followers, ({ family }) => family)].map(([family, own]) => [
      family,
      mostFrequent(own.map(({ sides }) => sides)),
    ]),
  );
  const expected: ReadonlySet<Change> = new Set(
    followers.filter(({ family, sides }) => steps.get(family) === sides).map(({ change }) => change),
  );
  const originFollows = (change: Change): boolean => {
    if (change.kind !== "option" || !originOptions.includes(change.name)) return false;
    if (change.new.state !== "value" || change.old.state === "masked") return false;
    const [before, after] = [old, current].map(({ applications }) =>
      textOf(applications.get(change.application), "base"),
    );
    return (
      originGives(change.new.text, step.to, after) &&
      (change.old.state === "absent" || originGives(change.old.text, step.from, before))
    );
  };
  const belongs = (change: Change): boolean =>
    expected.has(change) ||
    ((change.kind === "base" || change.kind === "machine-base") && baseFollows(change, step)) ||
    originFollows(change);
  const leftBehind = [...current.applications].flatMap(([name, application]) => {
    const channel = textOf(application, "channel");
    const [from, to] = steps.get(familyName(name))?.split(" ") ?? [];
    if (channel === undefined || from === undefined || to === undefined) return [];
    return splitChannel(channel).track === splitChannel(from).track
      ? [{ application: name, channel, expected: to }]
      : [];
  });
  return {
    release: { step, changes: changes.filter(belongs), leftBehind },
    changes: changes.filter((change) => !belongs(change)),
  };
};
