import { expect } from "chai";
import { limits, parseBundle } from "../read.ts";
import { summaries } from "./support/bundles.ts";

const problems = (text: string): readonly string[] =>
  parseBundle([{ name: "b.yaml", text }]).problems.map(
    ({ where, found, expected }) => `${where}: ${found}; ${expected}`,
  );

const bomb = (levels: number): string =>
  [
    "a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
    ...Array.from({ length: levels }, (_, level) => {
      const uses = Array.from({ length: 10 }, () => `*a${level}`).join(", ");
      return `a${level + 1}: &a${level + 1} [${uses}]`;
    }),
    "applications: {}",
  ].join("\n");

describe("reading a bundle", () => {
  it("merges all documents, overlays over the base", () => {
    const base =
      "applications: {a: {charm: a, options: {x: 1}}, b: {charm: b}}\nrelations: [['a:x', 'b:y']]\n";
    const overlay =
      "--- # overlay.yaml\napplications: {a: {offers: {o: {endpoints: [x]}}, options: {y: 2}}}\nrelations: [['a:v', 'b:v']]\n";
    const merged =
      "applications: {a: {charm: a, options: {x: 1, y: 2}, offers: {o: {endpoints: [x]}}}, b: {charm: b}}\nrelations: [['a:x', 'b:y'], ['a:v', 'b:v']]\n";
    expect(summaries(base + overlay, merged)).to.deep.equal([]);
    expect(summaries(base, merged)).to.deep.equal(["a option y", "a offer o", "relation added a:v - b:v"]);
  });

  it("takes an application out that an overlay sets to null, with its relations", () => {
    const base = "applications: {a: {charm: a}, b: {charm: b}}\nrelations: [['a:x', 'b:y']]\n";
    expect(
      summaries(`${base}---\napplications: {b: null}\n`, "applications: {a: {charm: a}}\n"),
    ).to.deep.equal([]);
  });

  it("resolves anchors, merge keys and `variables`, and reads `services`", () => {
    const plain = "applications: {a: {charm: a, channel: '8.0/stable', options: {origin: distro, n: 3}}}\n";
    const anchored =
      "variables: {c: &c 8.0, o: &o distro}\ndefaults: &d {origin: *o, n: 3}\nservices: {a: {charm: a, channel: *c, options: {<<: *d}}}\n";
    expect(summaries(plain, anchored)).to.deep.equal([]);
    expect(summaries(plain, anchored.replace("&o distro", "&o cloud"))).to.deep.equal(["a option origin"]);
  });

  it("reads many honest uses of one anchor", () => {
    const names = Array.from({ length: 2000 }, (_, index) => `  a${index}: {charm: a, channel: *c}`).join(
      "\n",
    );
    expect(problems(`variables: {c: &c yoga}\napplications:\n${names}\n`)).to.deep.equal([]);
  });

  it("reads names that JavaScript's objects have by birth", () => {
    const one = "applications: {constructor: {charm: toString, options: {hasOwnProperty: 1}}}\n";
    expect(summaries(one, one)).to.deep.equal([]);
    expect(summaries(one, "applications: {}\n")).to.deep.equal(["constructor removed"]);
    expect(summaries(one, one.replace("hasOwnProperty", "valueOf"))).to.have.length(2);
  });

  it("refuses an alias bomb quickly and says why", () => {
    expect(problems(bomb(3))).to.deep.equal([]);
    expect(problems(bomb(12)).join()).to.include(
      `more than ${limits.values} values once its YAML anchors are resolved`,
    );
  });

  it("refuses what refers to itself, is nested too deeply, or has too many documents", () => {
    expect(problems("applications: &a {x: *a}")).to.have.length(1);
    expect(problems(`applications: ${"[".repeat(300)}`)).not.to.deep.equal([]);
    expect(problems(`a: ${"[".repeat(60)}${"]".repeat(60)}\napplications: {}`).join()).to.include(
      "levels of nesting",
    );
    expect(problems("applications: {}\n---\n".repeat(limits.documents + 1)).join()).to.include("documents");
    expect(problems("applications: {}\n__proto__: {a: 1}").join()).to.include("__proto__");
  });

  it("says what a file is that is no bundle", () => {
    const found: ReadonlyArray<readonly [string, string]> = [
      ["", "no YAML mapping"],
      ["just text", "no YAML mapping"],
      ["- a\n- b", "no YAML mapping"],
      ["3", "no YAML mapping"],
      ["a: 1", "no `applications`"],
      ["applications: []", "no `applications`"],
      ["model: {name: m}\ncontroller: {timestamp: x}\napplications: {}", "the output of `juju status`"],
      ["models: []", "the output of `juju models`"],
      ["{}", "no `applications`"],
    ];
    for (const [text, expected] of found) expect(problems(text).join(), text).to.include(expected);
  });

  it("names every wrong type with its place and never its content", () => {
    const all = problems(
      "applications: {a: {charm: [secret-one], num_units: many, options: {x: {y: secret-two}}}, b: text}\nrelations: [[a]]\nmachines: [1]\n",
    );
    expect(all).to.have.length(6);
    expect(all.join("\n")).to.include("applications / a / charm: a list; a string");
    expect(all.join("\n")).to.include("applications / a / num_units: a string; a whole number");
    expect(all.join("\n")).to.include("relations / 0: a list; a list of two endpoints");
    expect(all.join("\n")).not.to.include("secret");
  });

  it("gives the line of what is not YAML, and not the line's content", () => {
    const [problem] = problems("applications:\n  a: {charm: a}\n  password: 'hidden\n");
    expect(problem).to.match(/not valid YAML .* in line [34]/);
    expect(problem).not.to.include("hidden");
    expect(problems("applications: {a: {charm: a}, a: {charm: b}}").join()).to.include(
      "a key that is given twice, in line 1",
    );
  });
});
