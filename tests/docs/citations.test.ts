import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { projectFiles, root, textOf } from "./support/tracked.ts";

const facts = ["engine.md", "juju.md", "maas.md"] as const;

/** `juju.md 3`, `engine.md 1.4, 3.2`, also when a comment's line ends in between. */
const citation = /\b((?:engine|juju|maas)\.md)[\s*/]+(\d+(?:\.\d+)?(?:(?:,| and| or)\s+\d+(?:\.\d+)?)*)/g;

/** `juju.md` to the numbers of its headings: `3`, `1.4`. */
const sections: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  facts.map((name) => [
    name,
    new Set(
      [...textOf(`docs/facts/${name}`).matchAll(/^#{2,3} (\d+(?:\.\d+)?)\.? /gm)].map(
        ([, number = ""]) => number,
      ),
    ),
  ]),
);

/** Citations of a text that name no section: `juju.md 12`. */
const wrongCitations = (text: string): string[] =>
  [...text.matchAll(citation)].flatMap(([, name = "", numbers = ""]) =>
    (numbers.match(/\d+(?:\.\d+)?/g) ?? [])
      .filter((number) => !sections.get(name)?.has(number))
      .map((number) => `${name} ${number}`),
  );

describe("docs/facts", () => {
  it("numbers its sections", () => {
    for (const name of facts) expect(sections.get(name)?.size, name).to.be.greaterThan(8);
  });

  it("has every section that the code and the documents cite", () => {
    const citing = projectFiles.filter((file) => textOf(file).match(citation));
    expect(citing.length).to.be.greaterThan(10);
    const wrong = projectFiles
      .filter((file) => file !== "tests/docs/citations.test.ts")
      .flatMap((file) => wrongCitations(textOf(file)).map((each) => `${file}: ${each}`));
    expect(wrong).to.deep.equal([]);
  });

  it("would notice a citation of a section that does not exist", () => {
    expect(wrongCitations("as juju.md 99 says")).to.deep.equal(["juju.md 99"]);
    expect(wrongCitations("(engine.md 1.4, 3.99)")).to.deep.equal(["engine.md 3.99"]);
    expect(wrongCitations(" * see maas.md\n * 77")).to.deep.equal(["maas.md 77"]);
    expect(wrongCitations("(maas.md 11), juju.md 1.4, engine.md 1.4, 3.2 and 7.1")).to.deep.equal([]);
  });

  it("names recordings that exist", () => {
    const maas = projectFiles.filter((file) => file.startsWith("tests/recordings/maas"));
    const named = textOf("docs/facts/maas.md").match(/\b(?:[abz]\d\d|[c-f]-(?:[a-z]+-)?\d\d)\b/g) ?? [];
    expect(named.length).to.be.greaterThan(50);
    expect(named.filter((name) => !maas.some((file) => file.includes(`/${name}-`)))).to.deep.equal([]);
  });
});

describe("Links between documents", () => {
  for (const file of projectFiles.filter((name) => name.endsWith(".md")))
    it(`of ${file} lead to files that exist`, () => {
      const targets = [...textOf(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(
        ([, target = ""]) => target,
      );
      const broken = targets.filter(
        (target) => !target.includes("://") && !existsSync(join(root, dirname(file), target)),
      );
      expect(broken).to.deep.equal([]);
    });
});
