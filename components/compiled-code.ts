import { flushCompileCache } from "node:module";

// When all that a destroy loads has been loaded: first what the provider needs to answer, then what its first calls need.
const moments = [1_000, 4_000];

/**
 * Leaves this process's compiled code in Node's cache (NODE_COMPILE_CACHE), if there is one. Node does that when a process ends,
 * but the engine kills its providers: each destroy would strip and compile everything anew, which takes half a second.
 */
export const keepCompiledCode = (): void => {
  for (const moment of moments) setTimeout(flushCompileCache, moment).unref();
};
