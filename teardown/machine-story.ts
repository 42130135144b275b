import { sayDuration } from "../config/duration.ts";
import type { Run } from "../run/run-directory.ts";
import type { Clock, Row } from "./context.ts";
import type { RecordedMachine } from "./recorded-lab.ts";

/** A machine's way through its states: told on its row, written to the journal, each state once. */
export type MachineStory = {
  /** @param seenBy which look showed it */
  came: (to: string, seenBy: string) => void;
  /** What is going on within a state. */
  now: (text: string) => void;
  /** A release that failed: the way is told with it. */
  failed: (reason: string) => void;
  /** The whole way, with times: "Deployed → Releasing → Ready in 3.2 s". */
  told: () => string;
};

/** Starts the story of one machine. */
export const machineStory = (recorded: RecordedMachine, run: Run, row: Row, clock: Clock): MachineStory => {
  const { hostname, systemId } = recorded;
  const states: { state: string; at: number }[] = [];
  const failures: string[] = [];
  const way = () => states.map(({ state }) => state).join(" → ");
  return {
    came: (to, seenBy) => {
      const last = states.at(-1);
      if (last?.state === to) return;
      run.journal.write({ event: "machine-state", hostname, systemId, from: last?.state ?? "", to, seenBy });
      states.push({ state: to, at: clock.now() });
      row.status(way());
    },
    now: (text) => row.status(`${way()} · ${text}`),
    failed: (reason) => failures.push(reason.split("\n")[0] ?? ""),
    told: () => {
      const first = states[0];
      const last = states.at(-1);
      if (!first || !last) return "";
      const failed = failures.length
        ? `, after ${failures.length} failed ${failures.length === 1 ? "release" : "releases"} (${failures.at(-1)})`
        : "";
      return states.length === 1 ? first.state : `${way()} in ${sayDuration(last.at - first.at)}${failed}`;
    },
  };
};
