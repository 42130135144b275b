import { expect } from "chai";
import { application, changesBetween, notesBetween, summaries } from "./support/bundles.ts";

type Case = { readonly what: string; readonly a: string; readonly b: string };

/** Spellings of one deployment. */
const same: readonly Case[] = [
  { what: "a charm with its store", a: "charm: 'ch:keystone'", b: "charm: keystone" },
  {
    what: "a charm of the old store",
    a: "charm: 'cs:jammy/keystone-100', base: jammy",
    b: "charm: keystone, base: jammy",
  },
  {
    what: "a charm with architecture, series and revision",
    a: "charm: 'ch:amd64/jammy/keystone-7', revision: 7",
    b: "charm: keystone, revision: 7, series: jammy",
  },
  { what: "a channel without its risk", a: "channel: yoga", b: "channel: yoga/stable" },
  { what: "a channel without its track", a: "channel: edge", b: "channel: latest/edge" },
  { what: "a channel that looks like a number", a: "channel: 8.0", b: "channel: '8.0/stable'" },
  { what: "a channel whose last digit is a zero", a: "channel: 24.10", b: "channel: 24.10/stable" },
  { what: "a series and its base", a: "series: jammy", b: "base: ubuntu@22.04/stable" },
  { what: "a base with a slash", a: "base: ubuntu/24.04", b: "series: noble" },
  { what: "no units", a: "num_units: 0", b: "" },
  { what: "units as text", a: "num_units: '3'", b: "num_units: 3" },
  { what: "units of the other substrate", a: "scale: 3", b: "num_units: 3" },
  {
    what: "placements in another order",
    a: "num_units: 3, to: ['lxd:0', 'lxd:1', '2']",
    b: "num_units: 3, to: ['2', 'lxd:1', 'lxd:0']",
  },
  { what: "placements as numbers", a: "num_units: 2, to: [0, 1]", b: "num_units: 2, to: ['1', '0']" },
  { what: "a placement that serves two units", a: "num_units: 2, to: [new]", b: "num_units: 2" },
  { what: "an old export's container", a: "num_units: 1, to: [0/lxd/3]", b: "num_units: 1, to: ['lxd:0']" },
  { what: "an option as number and text", a: "options: {workers: 3}", b: "options: {workers: '3'}" },
  { what: "an option as whole number and float", a: "options: {workers: 3}", b: "options: {workers: 3.0}" },
  { what: "an option as boolean and text", a: "options: {debug: true}", b: "options: {debug: 'True'}" },
  { what: "an option as YAML 1.1's boolean", a: "options: {debug: yes}", b: "options: {debug: true}" },
  { what: "an option without a value", a: "options: {debug: null}", b: "options: {}" },
  { what: "trust as an option", a: "options: {trust: true}", b: "trust: true" },
  { what: "no trust", a: "trust: false", b: "" },
  { what: "the default architecture", a: "constraints: arch=amd64", b: "" },
  {
    what: "constraints in another order",
    a: "constraints: mem=4G cores=2",
    b: "constraints: cores=2  mem=4G arch=amd64",
  },
  { what: "sizes in another unit", a: "constraints: mem=4G", b: "constraints: mem=4096M" },
  { what: "a size without a unit", a: "constraints: mem=4096", b: "constraints: mem=4G" },
  { what: "tags in another order", a: "constraints: 'tags=a,b'", b: "constraints: 'tags=b,a'" },
  { what: "the old name of cores", a: "constraints: cpu-cores=2", b: "constraints: cores=2" },
  { what: "the default space", a: "bindings: {'': alpha}", b: "" },
  {
    what: "endpoints in the default space",
    a: "bindings: {'': oam, public: oam, admin: oam}",
    b: "bindings: {'': oam}",
  },
  { what: "endpoints in alpha", a: "bindings: {public: alpha}", b: "" },
  { what: "a storage count of one", a: "storage: {osd: 'loop,1,1024M'}", b: "storage: {osd: 'loop,1024M'}" },
  {
    what: "storage with another unit and order",
    a: "storage: {osd: 'maas,3,10G'}",
    b: "storage: {osd: '10240M,maas,3'}",
  },
  { what: "canvas positions", a: "annotations: {gui-x: '1', gui-y: '2'}", b: "annotations: {gui-x: '300'}" },
  {
    what: "two spellings of exposed",
    a: "expose: true",
    b: "exposed-endpoints: {'': {expose-to-cidrs: ['::/0', 0.0.0.0/0]}}",
  },
  { what: "not exposed", a: "expose: false", b: "" },
  {
    what: "an offer's own admin",
    a: "offers: {o: {endpoints: [a, b], acl: {admin: admin}}}",
    b: "offers: {o: {endpoints: [b, a]}}",
  },
];

/** Close to the above, and different; the kind of the one change. */
const different: ReadonlyArray<Case & { readonly change: string }> = [
  { what: "a charm", a: "charm: keystone", b: "charm: keystone-k8s", change: "keystone charm" },
  {
    what: "an owner's charm",
    a: "charm: 'cs:~me/keystone-1'",
    b: "charm: 'cs:keystone-1'",
    change: "keystone charm",
  },
  { what: "a track", a: "channel: yoga", b: "channel: zed", change: "keystone channel" },
  { what: "a risk", a: "channel: yoga/stable", b: "channel: yoga/edge", change: "keystone channel" },
  { what: "a branch", a: "channel: yoga/stable", b: "channel: yoga/stable/fix", change: "keystone channel" },
  { what: "a track that is no number", a: "channel: 24.1", b: "channel: 24.10", change: "keystone channel" },
  { what: "a base", a: "base: ubuntu@22.04", b: "series: noble", change: "keystone base" },
  { what: "units", a: "", b: "num_units: 1", change: "keystone units" },
  {
    what: "units on the same directives",
    a: "num_units: 1, to: ['0']",
    b: "num_units: 2, to: ['0']",
    change: "keystone units",
  },
  {
    what: "units on the same directives in another order",
    a: "num_units: 2, to: ['0', '1']",
    b: "num_units: 3, to: ['1', '0']",
    change: "keystone units",
  },
  {
    what: "a container instead of the machine",
    a: "num_units: 1, to: ['0']",
    b: "num_units: 1, to: ['lxd:0']",
    change: "keystone placement",
  },
  {
    what: "two units on one machine",
    a: "num_units: 2, to: ['0', '0']",
    b: "num_units: 2, to: ['0', '1']",
    change: "keystone placement",
  },
  {
    what: "the directive that is repeated",
    a: "num_units: 3, to: ['0', '1']",
    b: "num_units: 3, to: ['1', '0']",
    change: "keystone placement",
  },
  {
    what: "a number",
    a: "options: {workers: 3}",
    b: "options: {workers: 4}",
    change: "keystone option workers",
  },
  {
    what: "large whole numbers",
    a: "options: {id: 9007199254740993}",
    b: "options: {id: 9007199254740992}",
    change: "keystone option id",
  },
  {
    what: "two texts with equal numbers",
    a: "options: {v: '22.10'}",
    b: "options: {v: '22.1'}",
    change: "keystone option v",
  },
  {
    what: "a boolean",
    a: "options: {debug: true}",
    b: "options: {debug: 'no'}",
    change: "keystone option debug",
  },
  {
    what: "an option on one side, even if it may be the default",
    a: "options: {debug: false}",
    b: "",
    change: "keystone option debug",
  },
  { what: "trust", a: "options: {trust: true}", b: "trust: false", change: "keystone trust" },
  { what: "another architecture", a: "constraints: arch=arm64", b: "", change: "keystone constraint arch" },
  {
    what: "a size",
    a: "constraints: mem=4G",
    b: "constraints: mem=4097M",
    change: "keystone constraint mem",
  },
  {
    what: "a tag",
    a: "constraints: 'tags=a,b'",
    b: "constraints: tags=a",
    change: "keystone constraint tags",
  },
  { what: "a space for all", a: "bindings: {'': oam}", b: "", change: "keystone binding" },
  {
    what: "alpha where the default is another",
    a: "bindings: {'': oam, public: alpha}",
    b: "bindings: {'': oam}",
    change: "keystone binding public",
  },
  {
    what: "a storage count",
    a: "storage: {osd: 'loop,0,1024M'}",
    b: "storage: {osd: 'loop,1,1024M'}",
    change: "keystone storage osd",
  },
  {
    what: "a storage count of an older export, which Juju refuses",
    a: "storage: {osd: 'loop,0,1024M'}",
    b: "storage: {osd: 'loop,1024M'}",
    change: "keystone storage osd",
  },
  {
    what: "storage that somebody asked for",
    a: "storage: {osd: 'loop,3,1024M'}",
    b: "",
    change: "keystone storage osd",
  },
  { what: "a storage pool", a: "storage: {osd: 'maas,1024M'}", b: "", change: "keystone storage osd" },
  {
    what: "a local resource",
    a: "resources: {policy: ./p.zip}",
    b: "resources: {policy: 3}",
    change: "keystone resource policy",
  },
  {
    what: "exposure to less",
    a: "expose: true",
    b: "exposed-endpoints: {'': {expose-to-cidrs: [10.0.0.0/8]}}",
    change: "keystone exposed-endpoint",
  },
  {
    what: "an offer's rights",
    a: "offers: {o: {endpoints: [a], acl: {bob: consume}}}",
    b: "offers: {o: {endpoints: [a]}}",
    change: "keystone offer o",
  },
  { what: "a device", a: "devices: {gpu: '1,nvidia.com/gpu'}", b: "", change: "keystone device gpu" },
];

describe("normalising an application", () => {
  const body = (text: string): string =>
    text.includes("charm:") ? `applications:\n  keystone: {${text}}\n` : application(text);

  for (const { what, a, b } of same)
    it(`takes for the same: ${what}`, () => {
      expect(summaries(body(a), body(b))).to.deep.equal([]);
      expect(summaries(body(b), body(a))).to.deep.equal([]);
    });

  for (const { what, a, b, change } of different)
    it(`sees a difference in ${what}`, () => {
      expect(summaries(body(a), body(b))).to.deep.equal([change]);
      expect(summaries(body(b), body(a))).to.deep.equal([change]);
    });
});

describe("what is told without counting as a difference", () => {
  const noted: ReadonlyArray<Case & { readonly kind: string }> = [
    { what: "a revision", a: "revision: 7", b: "revision: 9", kind: "revision" },
    {
      what: "a revision in the charm's URL",
      a: "charm: 'ch:keystone-7'",
      b: "charm: keystone",
      kind: "revision",
    },
    { what: "a channel that one bundle leaves out", a: "channel: yoga", b: "", kind: "channel" },
    { what: "a base that one bundle leaves out", a: "base: jammy", b: "", kind: "base" },
    { what: "storage that an export adds", a: "storage: {osd: 'loop,1024M'}", b: "", kind: "storage" },
    {
      what: "a resource of the charm store",
      a: "resources: {policy: 0}",
      b: "resources: {policy: 4}",
      kind: "resource",
    },
    { what: "a key that nobody knows", a: "frobnicate: 1", b: "", kind: "not-compared" },
  ];
  const body = (text: string): string =>
    text.includes("charm:") ? `applications:\n  keystone: {${text}}\n` : application(text);

  for (const { what, a, b, kind } of noted)
    it(`notes ${what}`, () => {
      expect(summaries(body(a), body(b))).to.deep.equal([]);
      expect(notesBetween(body(a), body(b)).map((note) => note.kind)).to.deep.equal([kind]);
    });

  it("never shows what an unknown key holds", () => {
    expect(
      JSON.stringify(notesBetween(application("x: hidden-a"), application("x: hidden-b"))),
    ).not.to.include("hidden");
  });
});

describe("normalising the base of a bundle", () => {
  const bases = [
    "series: jammy",
    "default-base: ubuntu@22.04/stable",
    "base: ubuntu@22.04",
    "base: jammy\nseries: focal",
  ];
  for (const a of bases)
    for (const b of bases)
      it(`takes ${JSON.stringify(a)} for ${JSON.stringify(b)}`, () => {
        expect(summaries(application("num_units: 1", a), application("num_units: 1", b))).to.deep.equal([]);
      });

  it("lets an application's own base win over its series, and that over the bundle's", () => {
    const own = application("base: ubuntu@24.04, series: jammy", "series: focal");
    expect(summaries(own, application("series: noble"))).to.deep.equal([]);
    expect(summaries(own, application("series: jammy", "default-base: ubuntu@24.04"))).to.deep.equal([
      "keystone base",
    ]);
  });
});

describe("normalising relations", () => {
  const relations = (list: string): string =>
    `applications: {a: {charm: a}, b: {charm: b}, a-b: {charm: c}}\nrelations: ${list}\n`;

  it("ignores the order of relations and of their ends", () => {
    const one = relations("[['a:x', 'b:y'], ['a-b:z', 'a:x']]");
    expect(summaries(one, relations("[['a:x', 'a-b:z'], ['b:y', 'a:x']]"))).to.deep.equal([]);
    expect(summaries(one, relations("[['a:x', 'a-b:z'], ['b:x', 'a:x']]"))).to.deep.equal([
      "relation removed a:x - b:y",
      "relation added a:x - b:x",
    ]);
  });

  it("matches a relation without endpoints once, by its applications", () => {
    expect(summaries(relations("[[b, a]]"), relations("[['a:x', 'b:y']]"))).to.deep.equal([]);
    expect(summaries(relations("[['a:x', b]]"), relations("[['a:x', 'b:y']]"))).to.deep.equal([]);
    expect(summaries(relations("[['a:w', b]]"), relations("[['a:x', 'b:y']]"))).to.have.length(2);
    expect(summaries(relations("[[a, b]]"), relations("[['a:x', 'b:y'], ['a:v', 'b:w']]"))).to.have.length(1);
    expect(summaries(relations("[[a, b]]"), relations("[[a, a-b]]"))).to.have.length(2);
  });

  it("reads one relation to several applications, and a relation that is given twice", () => {
    expect(
      summaries(
        relations("[['a:x', ['b:y', 'a-b:z']]]"),
        relations("[['a:x', 'b:y'], ['a:x', 'a-b:z'], ['b:y', 'a:x']]"),
      ),
    ).to.deep.equal([]);
  });
});

describe("normalising machines", () => {
  const machines = (ids: string, to: string): string =>
    `machines: ${ids}\napplications: {a: {charm: a, num_units: 2, to: ${to}}}\n`;

  it("takes a machine without anything for an empty one", () => {
    expect(summaries(machines("{'0': null}", "['0']"), machines("{0: {}}", "['0']"))).to.deep.equal([]);
    expect(
      summaries(machines("{'0': null}", "['0']"), machines("{0: {constraints: mem=1G}}", "['0']")),
    ).to.deep.equal(["0 machine-constraint mem"]);
  });

  it("matches machines by position where a model's numbers have gaps", () => {
    const gaps = machines("{'1': null, '10': {constraints: tags=b}}", "['1', 'lxd:10']");
    expect(
      summaries(gaps, machines("{'0': null, '1': {constraints: tags=b}}", "['0', 'lxd:1']")),
    ).to.deep.equal([]);
    expect(
      summaries(gaps, machines("{'0': null, '1': {constraints: tags=b}}", "['0', 'lxd:0']")),
    ).to.deep.equal(["a placement"]);
  });

  it("keeps the numbers where a machine was only added or removed", () => {
    const three = machines("{'0': null, '1': null, '2': null}", "['0', '2']");
    expect(summaries(three, machines("{'0': null, '2': null}", "['0', '2']"))).to.deep.equal([
      "machine 1 removed",
    ]);
    expect(summaries(machines("{'0': null, '2': null}", "['0', '2']"), three)).to.deep.equal([
      "machine 1 added",
    ]);
  });

  it("compares a machine's base only where both bundles have one", () => {
    const based = (text: string): string =>
      `machines: {'0': {${text}}}\napplications: {a: {charm: a, base: jammy}}\n`;
    expect(summaries(based("series: jammy"), based(""))).to.deep.equal([]);
    expect(summaries(based("series: jammy"), based("base: ubuntu@24.04"))).to.deep.equal(["0 machine-base"]);
  });
});

describe("comparing whole applications and remote ones", () => {
  const small = "applications: {a: {charm: a}, b: {charm: b}}\nrelations: [['a:x', 'b:y'], ['a:v', 'b:v']]\n";

  it("tells an application's relations with it and not once more", () => {
    const [change, ...rest] = changesBetween(small, "applications: {a: {charm: a}}\n");
    expect(rest).to.deep.equal([]);
    expect(change).to.include({ kind: "application", change: "removed", application: "b" });
    expect(change).to.have.property("relations").that.deep.equals(["a:v - b:v", "a:x - b:y"]);
    expect(summaries("applications: {a: {charm: a}}\n", small)).to.deep.equal(["b added"]);
  });

  it("compares remote applications by their URL", () => {
    const remote = (url: string): string => `applications: {a: {charm: a}}\nsaas: {r: {url: '${url}'}}\n`;
    expect(summaries(remote("c:admin/m.o"), remote("c:admin/m.o"))).to.deep.equal([]);
    expect(summaries(remote("c:admin/m.o"), remote("c:admin/m.p"))).to.deep.equal(["saas r"]);
  });
});
