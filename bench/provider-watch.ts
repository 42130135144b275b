import { readdirSync, readFileSync } from "node:fs";

/** The dynamic provider's process: when it was first seen (epoch ms), and the most memory that it had, in bytes. */
export type SeenProvider = { seen: number; peakBytes: number };

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

const threadsOf = (pid: string): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
};

// A Go program starts its children from any of its threads.
const childrenOf = (pid: string): string[] =>
  threadsOf(pid).flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean));

const isProvider = (pid: string): boolean => {
  const argv = read(`/proc/${pid}/cmdline`).split("\0");
  return argv.some((word) => word.endsWith("cmd/dynamic-provider/index.js")) && !argv[0]?.endsWith("sh");
};

// engine -> sh -> node
const findProvider = (engine: string): string | undefined =>
  childrenOf(engine)
    .flatMap((child) => [child, ...childrenOf(child)])
    .find(isProvider);

const peakBytes = (pid: string): number =>
  1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);

/** Looks for the dynamic provider below an engine, and at its memory, until it is stopped. Needs Linux's /proc. */
export const watchProvider = (engine: number): { stop: () => SeenProvider | undefined } => {
  let pid: string | undefined;
  let found: SeenProvider | undefined;
  let looks = 0;
  const look = (): void => {
    looks++;
    pid ??= findProvider(String(engine));
    if (!pid) return;
    found ??= { seen: Date.now(), peakBytes: 0 };
    // The kernel keeps the peak: it is enough to look now and then.
    if (looks % 5 === 0) found.peakBytes = Math.max(found.peakBytes, peakBytes(pid));
  };
  const timer = setInterval(look, 20);
  return {
    stop: () => {
      clearInterval(timer);
      return found;
    },
  };
};
