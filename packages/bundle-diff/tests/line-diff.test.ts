import { expect } from "chai";
import fc from "fast-check";
import { diffLines } from "../report.ts";

const lines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 });

describe("comparing lines", () => {
  it("keeps what is common and marks the rest", () => {
    expect(diffLines(["a", "b", "c"], ["a", "x", "c"]).map(({ mark, text }) => mark + text)).to.deep.equal([
      " a",
      "-b",
      "+x",
      " c",
    ]);
    expect(diffLines([], ["a"])).to.deep.equal([{ mark: "+", text: "a" }]);
    expect(diffLines(["a"], [])).to.deep.equal([{ mark: "-", text: "a" }]);
  });

  it("always holds both texts, and marks nothing where they are equal", () => {
    fc.assert(
      fc.property(lines, lines, (old, current) => {
        const diff = diffLines(old, current);
        expect(diff.flatMap(({ mark, text }) => (mark === "+" ? [] : [text]))).to.deep.equal(old);
        expect(diff.flatMap(({ mark, text }) => (mark === "-" ? [] : [text]))).to.deep.equal(current);
        expect(diffLines(old, old).every(({ mark }) => mark === " ")).to.equal(true);
      }),
    );
  });

  it("gives up on finding what is common in very long texts", () => {
    const long = Array.from({ length: 2000 }, (_, index) => String(index));
    expect(diffLines(long, long)).to.have.length(4000);
  });
});
