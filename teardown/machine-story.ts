import type { Clock, Row } from "./context.ts";
import type { MachineRecord } from "./record.ts";
import type { Run } from "./run/run-directory.ts";
import { startStory } from "./story.ts";

/** A machine's way through its states: told on its row, written to the journal. */
export type MachineStory = {
  /** @param seenBy which look showed it */
  came: (to: string, seenBy: string) => void;
  /** What is going on within a state. */
  now: (text: string) => void;
  /** A release that failed: the way is told with it. */
  failed: (reason: string) => void;
  /** The whole way, with its time and its failures. */
  told: () => string;
};

/** Starts the story of one machine. */
export const machineStory = (
  recorded: MachineRecord,
  run: Run,
  row: Row,
  clock: Clock,
  usual: number | undefined,
): MachineStory => {
  const { hostname, systemId } = recorded;
  const story = startStory(row, clock, usual);
  const failures: string[] = [];
  return {
    came: (to, seenBy) => {
      const news = story.came(to);
      if (news)
        run.journal.write({ event: "machine-state", hostname, systemId, from: news.from, to, seenBy });
    },
    now: story.now,
    failed: (reason) => failures.push(reason.split("\n")[0] ?? ""),
    told: () => {
      const failed = failures.length
        ? `, after ${failures.length} failed ${failures.length === 1 ? "release" : "releases"} (${failures.at(-1)})`
        : "";
      return `${story.told()}${failed}`;
    },
  };
};
