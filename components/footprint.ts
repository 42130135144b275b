import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { manyMachines } from "../teardown/run/recorded-lab.ts";

const enough = 55e6;
// What may be allocated before it is collected again. In bytes.
const between = 13e6;
const everyMs = 25;
let small = false;

/**
 * Keeps the provider small when the lab is large. With a thousand machines 60 MB are in use, but V8 lets garbage lie where a
 * machine has memory: the process would grow to half a gigabyte. The flags may be set while it runs; what the young generation has
 * grown to is given back by a first thorough collection. Collecting takes about a second in all.
 */
export const staySmall = (machines: number): void => {
  if (small || machines <= manyMachines) return;
  small = true;
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (how?: {
    type: string;
    execution: string;
    flavor: string;
  }) => void;
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
  let limit = enough;
  setInterval(() => {
    if (getHeapStatistics().used_heap_size < limit) return;
    collect();
    // What is really in use may be more than enough.
    limit = Math.max(enough, getHeapStatistics().used_heap_size + between);
  }, everyMs).unref();
};
