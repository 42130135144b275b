import { expect } from "chai";
import { reportOf, summary } from "./support/bundles.ts";

type Applications = Readonly<Record<string, string>>;

const bundle = (applications: Applications, series = "jammy"): string =>
  `series: ${series}\napplications:\n${Object.entries(applications)
    .map(([name, body]) => `  ${name}: {charm: ${name}, ${body}}`)
    .join("\n")}\n`;

const yoga: Applications = {
  keystone: "channel: yoga/stable, options: {openstack-origin: distro}",
  glance: "channel: yoga/stable, options: {openstack-origin: distro}",
  cinder: "channel: yoga/stable",
  "ceph-mon": "channel: quincy/stable, options: {source: distro}",
  "ceph-osd": "channel: quincy/stable",
  "ovn-central": "channel: 22.03/stable",
  vault: "channel: 1.7/stable",
};

const caracal: Applications = {
  keystone: "channel: 2024.1/stable, options: {openstack-origin: 'cloud:jammy-caracal'}",
  glance: "channel: 2024.1/stable, options: {openstack-origin: 'cloud:jammy-caracal'}",
  cinder: "channel: 2024.1/stable",
  "ceph-mon": "channel: squid/stable, options: {source: 'cloud:jammy-caracal'}",
  "ceph-osd": "channel: squid/stable",
  "ovn-central": "channel: 24.03/stable",
  vault: "channel: 1.8/stable",
};

const outside = (changes: Applications, series = "jammy"): readonly string[] =>
  reportOf(bundle(yoga), bundle({ ...caracal, ...changes }, series)).changes.map(summary);

describe("folding a release upgrade", () => {
  it("folds channels, origins and companions that go with the release", () => {
    const report = reportOf(bundle(yoga), bundle(caracal));
    expect(report.changes).to.deep.equal([]);
    expect(report.same).to.equal(false);
    expect(report.release?.step.from.track).to.equal("yoga");
    expect(report.release?.step.to.codename).to.equal("caracal");
    expect(report.release?.changes).to.have.length(10);
    expect(report.release?.leftBehind).to.deep.equal([]);
  });

  it("takes reef as well as squid, if all of Ceph goes there", () => {
    const reef = {
      "ceph-mon": caracal["ceph-mon"]?.replace("squid", "reef") ?? "",
      "ceph-osd": "channel: reef/stable",
    };
    expect(outside(reef)).to.deep.equal([]);
    expect(outside({ "ceph-osd": "channel: reef/stable" })).to.deep.equal([
      "ceph-mon channel",
      "ceph-osd channel",
    ]);
    expect(outside({ "ceph-osd": "channel: tentacle/stable" })).to.deep.equal(["ceph-osd channel"]);
  });

  it("folds the base and `distro` where the new base ships the release", () => {
    const noble = {
      keystone: "channel: 2024.1/stable, options: {openstack-origin: distro}",
      glance: "channel: 2024.1/stable, options: {openstack-origin: distro}",
      "ceph-mon": "channel: squid/stable, options: {source: distro}",
    };
    const report = reportOf(bundle(yoga), bundle({ ...caracal, ...noble }, "noble"));
    expect(report.changes).to.deep.equal([]);
    expect(report.release?.changes.map(({ kind }) => kind)).to.include("base");
    // The archive of another base is a mistake.
    expect(outside({}, "noble")).to.deep.equal([
      "ceph-mon option source",
      "glance option openstack-origin",
      "keystone option openstack-origin",
    ]);
  });

  const standsOut: ReadonlyArray<readonly [string, Applications, readonly string[]]> = [
    ["another release", { cinder: "channel: 2023.1/stable" }, ["cinder channel"]],
    ["another risk", { cinder: "channel: 2024.1/edge" }, ["cinder channel"]],
    ["a branch", { cinder: "channel: 2024.1/stable/fix" }, ["cinder channel"]],
    ["an OVN of another release", { "ovn-central": "channel: 22.09/stable" }, ["ovn-central channel"]],
    ["an older Ceph", { "ceph-osd": "channel: pacific/stable" }, ["ceph-osd channel"]],
    ["a Vault that is another charm", { vault: "channel: 1.16/stable" }, ["vault channel"]],
    [
      "an origin of another release",
      { keystone: "channel: 2024.1/stable, options: {openstack-origin: 'cloud:jammy-zed'}" },
      ["keystone option openstack-origin"],
    ],
    [
      "an origin with a pocket",
      { keystone: "channel: 2024.1/stable, options: {openstack-origin: 'cloud:jammy-caracal/proposed'}" },
      ["keystone option openstack-origin"],
    ],
    ["an origin that is gone", { keystone: "channel: 2024.1/stable" }, ["keystone option openstack-origin"]],
    [
      "an option that looks like an origin",
      { cinder: "channel: 2024.1/stable, options: {mirror: 'cloud:jammy-caracal'}" },
      ["cinder option mirror"],
    ],
    ["units", { cinder: "channel: 2024.1/stable, num_units: 3" }, ["cinder units"]],
  ];
  for (const [what, changes, expected] of standsOut)
    it(`lets ${what} stand out`, () => {
      expect(outside(changes)).to.deep.equal(expected);
    });

  it("lets a whole lab on another risk stand out", () => {
    const edge = Object.fromEntries(
      Object.entries(caracal).map(([name, body]) => [name, body.replace("/stable", "/edge")]),
    );
    expect(
      reportOf(bundle(yoga), bundle(edge)).changes.filter(({ kind }) => kind === "channel"),
    ).to.have.length(7);
  });

  it("lets an archive stand out that a base does not need", () => {
    const origin = "channel: 2024.1/stable, options: {openstack-origin: 'cloud:noble-caracal'}";
    expect(outside({ keystone: origin }, "noble")).to.include("keystone option openstack-origin");
  });

  it("names what is left behind, also where it is new", () => {
    const report = reportOf(
      bundle(yoga),
      bundle({ ...caracal, cinder: "channel: yoga/stable", heat: "channel: yoga/stable" }),
    );
    expect(report.release?.leftBehind).to.deep.equal([
      { application: "cinder", channel: "yoga/stable", expected: "2024.1/stable" },
      { application: "heat", channel: "yoga/stable", expected: "2024.1/stable" },
    ]);
    expect(report.changes.map(summary)).to.deep.equal(["heat added"]);
  });

  it("sees no upgrade where only one charm of many moves, or where everything goes back", () => {
    const one = reportOf(bundle(yoga), bundle({ ...yoga, cinder: "channel: 2024.1/stable" }));
    expect(one.release).to.equal(undefined);
    expect(one.changes.map(summary)).to.deep.equal(["cinder channel"]);
    expect(reportOf(bundle(caracal), bundle(yoga)).release).to.equal(undefined);
    expect(
      reportOf(
        bundle(yoga),
        bundle({ ...yoga, "ceph-mon": "channel: squid/stable, options: {source: distro}" }),
      ).release,
    ).to.equal(undefined);
  });
});
