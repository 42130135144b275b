import { sayDuration } from "./config/duration.ts";
import type { Clock, Row } from "./context.ts";

/** A thing's way through its states, told on its row: each state once, since when it waits, and how long that usually takes. */
export type Story = {
  /** It came into a state. Returns the state that it came from, or undefined when this is no news. */
  came: (to: string) => { from: string } | undefined;
  /** What is going on within a state. */
  now: (text: string) => void;
  /** The whole way: "Deployed → Releasing → Ready in 3.2 s". */
  told: () => string;
};

/** A time of day as rows and messages say it, in UTC: 17:02:11Z. */
export const timeOfDay = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)}Z`;

/**
 * Starts the story of a machine or of the model.
 *
 * @param usual how long the whole way took in earlier runs, in ms; undefined when there are none
 */
export const startStory = (row: Row, clock: Clock, usual: number | undefined): Story => {
  const states: { state: string; at: number }[] = [];
  const way = () => states.map(({ state }) => state).join(" → ");
  const tell = (text: string) => {
    const since = states.length > 1 ? ` since ${timeOfDay(states.at(-1)?.at ?? 0)}` : "";
    const usually = usual === undefined ? "" : ` (usually ${sayDuration(usual)} in all)`;
    row.status(`${way()}${since}${text && ` · ${text}`}${usually}`);
  };
  return {
    came: (to) => {
      const from = states.at(-1)?.state ?? "";
      if (from === to) return undefined;
      states.push({ state: to, at: clock.now() });
      tell("");
      return { from };
    },
    now: tell,
    told: () => {
      const [first] = states;
      const last = states.at(-1);
      if (!first || !last) return "";
      return states.length === 1 ? first.state : `${way()} in ${sayDuration(last.at - first.at)}`;
    },
  };
};
