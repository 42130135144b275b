import { sayDuration } from "./config/duration.ts";
import type { Clock, Row } from "./context.ts";
import type { MachineRecord } from "./record.ts";
import type { Run } from "./run/run-directory.ts";

/** The states that a machine or the model passes through, as its row shows them. */
export type Progress = {
  /** Enters a state. @returns the state before it, or undefined when this is no news */
  enter: (state: string) => { from: string } | undefined;
  /** What is going on within the state; "" for nothing to say. It comes first on the row, which is cut at 80 columns. */
  note: (text: string) => void;
  /** For how long the state has lasted, in ms. */
  lasts: () => number;
  /** The whole way: "Deployed → Releasing → Ready in 3.2 s". */
  summary: () => string;
};

/** A time of day as rows and messages say it, in UTC: 17:02:11Z. */
export const timeOfDay = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)}Z`;

/**
 * Starts the progress of a machine or of the model.
 *
 * @param typical how long the whole way took in earlier runs, in ms; undefined when there are none
 */
export const startProgress = (row: Row, clock: Clock, typical: number | undefined): Progress => {
  const states: { state: string; at: number }[] = [];
  const show = (note: string) => {
    const { state, at } = states.at(-1) ?? { state: "", at: 0 };
    const since = states.length > 1 ? `${state} since ${timeOfDay(at)}` : state;
    const usual = typical === undefined ? "" : `typically ${sayDuration(typical)} in all`;
    row.status([note, since, usual].filter(Boolean).join("; "));
  };
  return {
    enter: (state) => {
      const from = states.at(-1)?.state ?? "";
      if (from === state) return undefined;
      states.push({ state, at: clock.now() });
      show("");
      return { from };
    },
    note: show,
    lasts: () => clock.now() - (states.at(-1)?.at ?? clock.now()),
    summary: () => {
      const [first] = states;
      const last = states.at(-1);
      if (!first || !last) return "";
      if (states.length === 1) return first.state;
      return `${states.map(({ state }) => state).join(" → ")} in ${sayDuration(last.at - first.at)}`;
    },
  };
};

/** A machine's progress: on its row and in the journal, with the releases that failed. */
export type MachineProgress = Pick<Progress, "note" | "lasts" | "summary"> & {
  /** @param seenBy which look showed the state */
  enter: (state: string, seenBy: "look" | "poll" | "answer") => void;
  failed: (reason: string) => void;
};

/** Starts the progress of one machine. */
export const machineProgress = (
  recorded: MachineRecord,
  run: Run,
  row: Row,
  clock: Clock,
  typical: number | undefined,
): MachineProgress => {
  const { hostname, systemId } = recorded;
  const { enter, note, lasts, summary } = startProgress(row, clock, typical);
  const failures: string[] = [];
  let earlier = 0;
  return {
    enter: (to, seenBy) => {
      const news = enter(to);
      if (!news) return;
      // A state in which an earlier destroy left it has lasted since then.
      const last = run.journal
        .events()
        .findLast((each) => each.event === "machine-state" && each.systemId === systemId);
      const isSame = last?.event === "machine-state" && last.to === to;
      earlier = news.from === "" && isSame ? clock.now() - Date.parse(last.at) : 0;
      run.journal.write({ event: "machine-state", hostname, systemId, from: news.from, to, seenBy });
    },
    note,
    lasts: () => earlier + lasts(),
    failed: (reason) => failures.push(reason.split("\n")[0] ?? ""),
    summary: () => {
      if (failures.length === 0) return summary();
      const releases = failures.length === 1 ? "release" : "releases";
      return `${summary()}, after ${failures.length} failed ${releases} (${failures.at(-1)})`;
    },
  };
};
