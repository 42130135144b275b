import { expect } from "chai";
import fc from "fast-check";
import { progressReader } from "../../../../teardown/clients/juju/progress.ts";

const read = (pieces: string[]): string[] => {
  const seen: string[] = [];
  const feed = progressReader(({ text }) => seen.push(text));
  for (const piece of pieces) feed(piece);
  return seen;
};

const stderr =
  "Destroying modelWaiting for model to be removed, 1 error(s), 4 machine(s), 3 application(s)......\n" +
  `Waiting for model to be removed, 2 machine(s)...${".".repeat(40)}\n${".".repeat(80)}\n.....\n` +
  "Waiting for model to be removed, 2 machine(s)...\n" +
  "Waiting for model to be removed, 1 volume(s), 2 filesystem(s)...\n" +
  "Waiting for model to be removed...........Unable to get the model status from the API: broken.\n";

const expected = [
  "1 error(s), 4 machine(s), 3 application(s)",
  "2 machine(s)",
  "1 volume(s), 2 filesystem(s)",
  "",
];

describe("Juju client: progress of a destruction", () => {
  it("reads each change once, without newlines, with dots, wrapped or not", () => {
    expect(read([stderr])).to.deep.equal(expected);
  });

  it("reads the same wherever the pieces are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stderr.length)), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), stderr.length];
        const pieces = places.slice(1).map((end, index) => stderr.slice(places[index], end));
        expect(read(pieces)).to.deep.equal(expected);
      }),
    );
  });

  it("counts what 3.6 and 4.0 spell differently, and what is not mentioned as 0", () => {
    const lefts: unknown[] = [];
    const feed = progressReader(({ text: _, ...left }) => lefts.push(left));
    feed("Waiting for model to be removed, 12 machine(s), 3 filesystems(s)...\n");
    feed("Waiting for model to be removed, 12 machine(s), 2 filesystem(s)...\n");
    const others = { machines: 12, applications: 0, errors: 0, volumes: 0 };
    expect(lefts).to.deep.equal([
      { ...others, filesystems: 3 },
      { ...others, filesystems: 2 },
    ]);
  });

  it("says nothing while a line is incomplete, nor about anything else", () => {
    expect(read(["Waiting for model to be removed, 4 machine(s), 3 applic"])).to.deep.equal([]);
    expect(read(["Destroying model\n", "WARNING something\n"])).to.deep.equal([]);
  });
});
