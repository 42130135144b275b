import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { commands } from "../juju/commands/index.ts";
import { jujuFaultKinds } from "../juju/faults.ts";
import { machineFaultKinds } from "../maas/faults.ts";
import { sideFaultNames } from "../maas/side-faults.ts";

/** The first cells of all rows of the tables in a README of the simulator. */
const firstCells = (file: string): string =>
  readFileSync(join(import.meta.dirname, "..", file), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|")[1])
    .join(" ");

describe("The simulator's README files", () => {
  for (const [file, what, names] of [
    ["README.md", "machine faults", machineFaultKinds],
    ["README.md", "faults of MAAS", sideFaultNames],
    ["juju/README.md", "faults of juju", jujuFaultKinds],
    ["juju/README.md", "commands", [...commands.keys()].filter((name) => !name.startsWith("list-"))],
  ] as const)
    it(`${file} has all ${what}`, () => {
      const cells = firstCells(file);
      expect(names.filter((name) => !cells.includes(`\`${name}\``))).to.deep.equal([]);
    });
});
