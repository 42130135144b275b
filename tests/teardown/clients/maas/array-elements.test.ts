import { expect } from "chai";
import fc from "fast-check";
import { arrayCutter } from "../../../../teardown/clients/maas/array-elements.ts";

/** The elements of a text that arrives in pieces, and whether the array was whole. */
const elementsOf = (text: string, piece = text.length || 1): { texts: string[]; whole: boolean } => {
  const texts: string[] = [];
  const cutter = arrayCutter((element) => texts.push(element));
  for (let at = 0; at < text.length; at += piece) cutter.push(text.slice(at, at + piece));
  return { whole: cutter.end(), texts };
};

describe("the elements of a JSON array", () => {
  it("are those that JSON.parse finds, whatever they hold, however they are indented and in whatever pieces they come", () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.constantFrom(undefined, 1, "\t"),
        fc.integer({ min: 1, max: 40 }),
        (list, indent, piece) => {
          const { texts, whole } = elementsOf(` ${JSON.stringify(list, undefined, indent)}\n`, piece);
          expect(whole).to.equal(true);
          expect(texts.map((text) => JSON.parse(text))).to.deep.equal(JSON.parse(JSON.stringify(list)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("are not whole when the text ends anywhere in it", () => {
    const text = JSON.stringify([{ a: 'quote " and \\' }, [1, 2], "x]", null]);
    for (let end = 0; end < text.length; end++)
      expect(elementsOf(text.slice(0, end)).whole, text.slice(0, end)).to.equal(false);
  });

  it("are none of another value, and none of an empty array", () => {
    for (const text of ["", "{}", '"[]"', "1", "<html>[]</html>", "[] []", "[}"])
      expect(elementsOf(text).whole, text).to.equal(false);
    expect(elementsOf("[ ]", 1)).to.deep.equal({ texts: [], whole: true });
  });
});
