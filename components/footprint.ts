import { flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

const manyMachines = 50;
let small = false;

/**
 * Keeps the provider small when the lab is large. A list of a thousand machines is 13 MB of text that is read and thrown away;
 * on a machine with much memory V8 would let the garbage lie, and the process grow to half a gigabyte. These flags may be set
 * while it runs; they cost some speed, and Node's compile cache, which only serves processes without them.
 */
export const staySmall = (machines: number): void => {
  if (small || machines <= manyMachines) return;
  small = true;
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--optimize-for-size");
};

/** The engine kills its providers, so that none would ever leave its compiled code to the next one: they do it meanwhile. */
export const keepCompiledCode = (): void => {
  setTimeout(flushCompileCache, 1_000).unref();
};
