// A process group of its own does not get the terminal's Ctrl-C, nor end when its parent does.
const groups = new Set<number>();
const signals = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

const endAll = (): void => {
  for (const group of groups) {
    try {
      process.kill(-group, "SIGTERM");
    } catch {
      // It is gone.
    }
  }
};

const onSignal = (signal: NodeJS.Signals): void => {
  endAll();
  // Whoever else listens decides what the signal does; without a listener it would have ended this process.
  if (process.listenerCount(signal) > 1) return;
  forget();
  process.kill(process.pid, signal);
};

const listen = (): void => {
  process.on("exit", endAll);
  for (const signal of signals) process.on(signal, onSignal);
};

const forget = (): void => {
  process.off("exit", endAll);
  for (const signal of signals) process.off(signal, onSignal);
};

/**
 * Ends a process group with this process, however this one ends short of SIGKILL.
 *
 * @param group the id of its leader; undefined when it never started
 * @returns lets go of it
 */
export const endWithUs = (group: number | undefined): (() => void) => {
  if (group === undefined) return () => {};
  if (groups.size === 0) listen();
  groups.add(group);
  return () => {
    if (groups.delete(group) && groups.size === 0) forget();
  };
};
