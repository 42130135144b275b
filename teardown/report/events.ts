import type { RunEvent } from "../run/event.ts";

/** An event of one kind. */
export type EventOf<Name extends RunEvent["event"]> = Extract<RunEvent, { event: Name }>;

/** Picks the events of one kind. */
export const ofKind = <Name extends RunEvent["event"]>(events: RunEvent[], name: Name): EventOf<Name>[] =>
  events.filter((event): event is EventOf<Name> => event.event === name);

/** What one `pulumi destroy` wrote into the journal. */
export type DestroyEvents = { started: EventOf<"destroy-started">; events: RunEvent[] };

/** Cuts a journal into its destroys. What comes before the first of them only says that the run was opened. */
export const splitDestroys = (events: RunEvent[]): DestroyEvents[] => {
  const parts: DestroyEvents[] = [];
  for (const event of events) {
    if (event.event === "destroy-started") parts.push({ started: event, events: [event] });
    else parts.at(-1)?.events.push(event);
  }
  return parts;
};

/** Time in ms since the epoch. */
export const ms = (at: string): number => Date.parse(at);

/** When the last of some events was written. */
export const lastAt = (events: RunEvent[]): string => events.at(-1)?.at ?? new Date(0).toISOString();
