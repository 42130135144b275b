import { expect } from "chai";
import fc from "fast-check";
import { aligned, indent, oneLine } from "../../../teardown/text/table.ts";

describe("words: tables", () => {
  it("puts two blanks between columns and none behind the last", () => {
    expect(
      aligned([
        ["machine", "status", "fate"],
        ["openstack0", "Ready", "nothing"],
        ["a", "", ""],
      ]),
    ).to.deep.equal(["machine     status  fate", "openstack0  Ready   nothing", "a"]);
  });

  it("takes rows of different lengths, and none", () => {
    expect(aligned([["a"], ["b", "c"], []])).to.deep.equal(["a", "b  c", ""]);
    expect(aligned([])).to.deep.equal([]);
  });

  it("lets no cell break a line, a column or the screen", () => {
    expect(
      aligned([
        ["a\nb", "c\r\nd\te", "\u001b[31mred\u001b[0m\u0007\u009b1m"],
        ["x", "y", "z"],
      ]),
    ).to.deep.equal(["a b  c d e  [31mred [0m 1m", "x    y      z"]);
  });

  it("has one line a row and starts each column at the same place, whatever the cells hold", () => {
    const cell = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, fc.constant("|"))), (rows) => {
        const lines = aligned(rows);
        expect(lines).to.have.length(rows.length);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be left
        for (const line of lines) expect(line).to.not.match(/[\u0000-\u001f\u007f-\u009f]/);
        expect(new Set(lines.map((line) => line.lastIndexOf("|"))).size).to.be.at.most(1);
      }),
    );
  });

  it("makes one line of a text", () => {
    expect(oneLine("  a\n\n\u0000b  ")).to.equal("a b");
    expect(oneLine("näh · 20 %")).to.equal("näh · 20 %");
  });

  it("moves each line to the right", () => {
    expect(indent("a\nb", 2)).to.equal("  a\n  b");
    expect(indent("", 3)).to.equal("   ");
  });
});
