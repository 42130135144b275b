import { expect } from "chai";
import { application, changesBetween, notesBetween, summaries } from "./support/bundles.ts";

type Case = readonly [what: string, a: string, b: string];

/** Spellings of one deployment. */
const same: ReadonlyArray<Case> = [
  ["a charm with its store", "charm: 'ch:keystone'", "charm: keystone"],
  ["a charm of the old store", "charm: 'cs:jammy/keystone-100', base: jammy", "charm: keystone, base: jammy"],
  [
    "a charm with architecture, series and revision",
    "charm: 'ch:amd64/jammy/keystone-7', revision: 7",
    "charm: keystone, revision: 7, series: jammy",
  ],
  ["a channel without its risk", "channel: yoga", "channel: yoga/stable"],
  ["a channel without its track", "channel: edge", "channel: latest/edge"],
  ["a channel that looks like a number", "channel: 8.0", "channel: '8.0/stable'"],
  ["a channel whose last digit is a zero", "channel: 24.10", "channel: 24.10/stable"],
  ["a series and its base", "series: jammy", "base: ubuntu@22.04/stable"],
  ["a base with a slash", "base: ubuntu/24.04", "series: noble"],
  ["no units", "num_units: 0", ""],
  ["units as text", "num_units: '3'", "num_units: 3"],
  ["units of the other substrate", "scale: 3", "num_units: 3"],
  [
    "placements in another order",
    "num_units: 3, to: ['lxd:0', 'lxd:1', '2']",
    "num_units: 3, to: ['2', 'lxd:1', 'lxd:0']",
  ],
  ["placements as numbers", "num_units: 2, to: [0, 1]", "num_units: 2, to: ['1', '0']"],
  ["a placement that serves two units", "num_units: 2, to: [new]", "num_units: 2"],
  ["an old export's container", "num_units: 1, to: [0/lxd/3]", "num_units: 1, to: ['lxd:0']"],
  ["an option as number and text", "options: {workers: 3}", "options: {workers: '3'}"],
  ["an option as whole number and float", "options: {workers: 3}", "options: {workers: 3.0}"],
  ["an option as boolean and text", "options: {debug: true}", "options: {debug: 'True'}"],
  ["an option as YAML 1.1's boolean", "options: {debug: yes}", "options: {debug: true}"],
  ["an option without a value", "options: {debug: null}", "options: {}"],
  ["trust as an option", "options: {trust: true}", "trust: true"],
  ["no trust", "trust: false", ""],
  ["the default architecture", "constraints: arch=amd64", ""],
  ["constraints in another order", "constraints: mem=4G cores=2", "constraints: cores=2  mem=4G arch=amd64"],
  ["sizes in another unit", "constraints: mem=4G", "constraints: mem=4096M"],
  ["a size without a unit", "constraints: mem=4096", "constraints: mem=4G"],
  ["tags in another order", "constraints: 'tags=a,b'", "constraints: 'tags=b,a'"],
  ["the old name of cores", "constraints: cpu-cores=2", "constraints: cores=2"],
  ["the default space", "bindings: {'': alpha}", ""],
  ["endpoints in the default space", "bindings: {'': oam, public: oam, admin: oam}", "bindings: {'': oam}"],
  ["endpoints in alpha", "bindings: {public: alpha}", ""],
  ["a storage count of one", "storage: {osd: 'loop,1,1024M'}", "storage: {osd: 'loop,1024M'}"],
  ["storage with another unit and order", "storage: {osd: 'maas,3,10G'}", "storage: {osd: '10240M,maas,3'}"],
  ["canvas positions", "annotations: {gui-x: '1', gui-y: '2'}", "annotations: {gui-x: '300'}"],
  [
    "two spellings of exposed",
    "expose: true",
    "exposed-endpoints: {'': {expose-to-cidrs: ['::/0', 0.0.0.0/0]}}",
  ],
  ["not exposed", "expose: false", ""],
  [
    "an offer's own admin",
    "offers: {o: {endpoints: [a, b], acl: {admin: admin}}}",
    "offers: {o: {endpoints: [b, a]}}",
  ],
];

/** Close to the above, and different; the kind of the one change. */
const different: ReadonlyArray<readonly [...Case, change: string]> = [
  ["a charm", "charm: keystone", "charm: keystone-k8s", "keystone charm"],
  ["an owner's charm", "charm: 'cs:~me/keystone-1'", "charm: 'cs:keystone-1'", "keystone charm"],
  ["a track", "channel: yoga", "channel: zed", "keystone channel"],
  ["a risk", "channel: yoga/stable", "channel: yoga/edge", "keystone channel"],
  ["a branch", "channel: yoga/stable", "channel: yoga/stable/fix", "keystone channel"],
  ["a track that is no number", "channel: 24.1", "channel: 24.10", "keystone channel"],
  ["a base", "base: ubuntu@22.04", "series: noble", "keystone base"],
  ["units", "", "num_units: 1", "keystone units"],
  ["units on the same directives", "num_units: 1, to: ['0']", "num_units: 2, to: ['0']", "keystone units"],
  [
    "units on the same directives in another order",
    "num_units: 2, to: ['0', '1']",
    "num_units: 3, to: ['1', '0']",
    "keystone units",
  ],
  [
    "a container instead of the machine",
    "num_units: 1, to: ['0']",
    "num_units: 1, to: ['lxd:0']",
    "keystone placement",
  ],
  [
    "two units on one machine",
    "num_units: 2, to: ['0', '0']",
    "num_units: 2, to: ['0', '1']",
    "keystone placement",
  ],
  [
    "the directive that is repeated",
    "num_units: 3, to: ['0', '1']",
    "num_units: 3, to: ['1', '0']",
    "keystone placement",
  ],
  ["a number", "options: {workers: 3}", "options: {workers: 4}", "keystone option workers"],
  [
    "large whole numbers",
    "options: {id: 9007199254740993}",
    "options: {id: 9007199254740992}",
    "keystone option id",
  ],
  ["two texts with equal numbers", "options: {v: '22.10'}", "options: {v: '22.1'}", "keystone option v"],
  ["a boolean", "options: {debug: true}", "options: {debug: 'no'}", "keystone option debug"],
  [
    "an option on one side, even if it may be the default",
    "options: {debug: false}",
    "",
    "keystone option debug",
  ],
  ["trust", "options: {trust: true}", "trust: false", "keystone trust"],
  ["another architecture", "constraints: arch=arm64", "", "keystone constraint arch"],
  ["a size", "constraints: mem=4G", "constraints: mem=4097M", "keystone constraint mem"],
  ["a tag", "constraints: 'tags=a,b'", "constraints: tags=a", "keystone constraint tags"],
  ["a space for all", "bindings: {'': oam}", "", "keystone binding"],
  [
    "alpha where the default is another",
    "bindings: {'': oam, public: alpha}",
    "bindings: {'': oam}",
    "keystone binding public",
  ],
  [
    "a storage count",
    "storage: {osd: 'loop,0,1024M'}",
    "storage: {osd: 'loop,1,1024M'}",
    "keystone storage osd",
  ],
  [
    "a storage count of an older export, which Juju refuses",
    "storage: {osd: 'loop,0,1024M'}",
    "storage: {osd: 'loop,1024M'}",
    "keystone storage osd",
  ],
  ["storage that somebody asked for", "storage: {osd: 'loop,3,1024M'}", "", "keystone storage osd"],
  ["a storage pool", "storage: {osd: 'maas,1024M'}", "", "keystone storage osd"],
  ["a local resource", "resources: {policy: ./p.zip}", "resources: {policy: 3}", "keystone resource policy"],
  [
    "exposure to less",
    "expose: true",
    "exposed-endpoints: {'': {expose-to-cidrs: [10.0.0.0/8]}}",
    "keystone exposed-endpoint",
  ],
  [
    "an offer's rights",
    "offers: {o: {endpoints: [a], acl: {bob: consume}}}",
    "offers: {o: {endpoints: [a]}}",
    "keystone offer o",
  ],
  ["a device", "devices: {gpu: '1,nvidia.com/gpu'}", "", "keystone device gpu"],
];

describe("normalising an application", () => {
  const body = (text: string): string =>
    text.includes("charm:") ? `applications:\n  keystone: {${text}}\n` : application(text);

  for (const [what, a, b] of same)
    it(`takes for the same: ${what}`, () => {
      expect(summaries(body(a), body(b))).to.deep.equal([]);
      expect(summaries(body(b), body(a))).to.deep.equal([]);
    });

  for (const [what, a, b, change] of different)
    it(`sees a difference in ${what}`, () => {
      expect(summaries(body(a), body(b))).to.deep.equal([change]);
      expect(summaries(body(b), body(a))).to.deep.equal([change]);
    });
});

describe("what is told without counting as a difference", () => {
  const noted: ReadonlyArray<readonly [...Case, kind: string]> = [
    ["a revision", "revision: 7", "revision: 9", "revision"],
    ["a revision in the charm's URL", "charm: 'ch:keystone-7'", "charm: keystone", "revision"],
    ["a channel that one bundle leaves out", "channel: yoga", "", "channel"],
    ["a base that one bundle leaves out", "base: jammy", "", "base"],
    ["storage that an export adds", "storage: {osd: 'loop,1024M'}", "", "storage"],
    ["a resource of the charm store", "resources: {policy: 0}", "resources: {policy: 4}", "resource"],
    ["a key that nobody knows", "frobnicate: 1", "", "not-compared"],
  ];
  const body = (text: string): string =>
    text.includes("charm:") ? `applications:\n  keystone: {${text}}\n` : application(text);

  for (const [what, a, b, kind] of noted)
    it(`notes ${what}`, () => {
      expect(summaries(body(a), body(b))).to.deep.equal([]);
      expect(notesBetween(body(a), body(b)).map((note) => note.kind)).to.deep.equal([kind]);
    });

  it("says that Juju refuses a storage count of 0", () => {
    const [refused, plain] = ["storage: {osd: 'loop,0,1024M'}", "storage: {osd: 'loop,1024M'}"].map((body) =>
      application(body),
    );
    const reasons = (a = "", b = ""): readonly string[] => notesBetween(a, b).map(({ why }) => why);
    const refusal =
      "Juju refuses a count of 0, which older exports write; without a count it adds one device";
    expect(reasons(refused, plain)).to.deep.equal([refusal]);
    expect(reasons(plain, refused)).to.deep.equal([refusal]);
    expect(reasons(refused, application("num_units: 0"))).to.deep.equal([
      "not asked for; older exports add it, and Juju refuses its count of 0",
    ]);
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
