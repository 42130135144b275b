import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fiveMachines } from "./five.ts";
import { stackOn, timed, unattended } from "./labs.ts";
import { plainProject } from "./plain-project.ts";
import { type Spread, spread } from "./statistics.ts";

export type Previews = { empty: Spread; lab: Spread };

/** Previews of an empty program and of the lab of five machines, in turns. In ms. */
export const previews = async (runs: number, directory: string): Promise<Previews> => {
  const own = join(directory, `empty-${Date.now()}`);
  mkdirSync(own, { recursive: true });
  const plain = await plainProject(own, 0);
  const stack = await stackOn(fiveMachines(false));
  try {
    await timed(stack, "up", ...unattended);
    await plain.run("up", ...unattended);
    const empty: number[] = [];
    const lab: number[] = [];
    for (let at = 0; at < runs; at++) {
      const one = await plain.run("preview");
      empty.push(one.ended - one.began);
      const other = await timed(stack, "preview");
      lab.push(other.ended - other.began);
    }
    return { empty: spread(empty), lab: spread(lab) };
  } finally {
    await stack.end();
  }
};
