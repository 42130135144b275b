import type { Region, User } from "./region.ts";
import { invalid, ok, type Reply } from "./reply.ts";
import { sees } from "./users.ts";

/** One event of a machine, as `GET /events/?op=query` gives it. */
export type MachineEvent = {
  readonly id: number;
  readonly systemId: string;
  readonly hostname: string;
  readonly username: string;
  readonly level: EventLevel;
  readonly type: string;
  readonly description: string;
  /** Lab time, epoch ms. */
  readonly created: number;
};

export const eventLevels = ["AUDIT", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;
export type EventLevel = (typeof eventLevels)[number];

/** `Sun, 22 Nov. 2026 13:50:41` */
export const eventTime = (epochMs: number): string => {
  const [weekday, day, month, year, time] = new Date(epochMs).toUTCString().replace(",", "").split(" ");
  return `${weekday}, ${day} ${month}. ${year} ${time}`;
};

const isLevel = (text: string): text is EventLevel => eventLevels.some((level) => level === text);

/** How many events an answer holds unless `limit` says otherwise. */
const defaultLimit = 100;

/**
 * `GET /events/?op=query`: the newest first, from `level` (default INFO) on; `hostname` and `id` may be repeated.
 * `path` is the path as asked for, from which the links to the next and previous page are made.
 */
export const queryEvents = (region: Region, user: User, path: string, search: string): Reply => {
  const query = new URLSearchParams(search);
  const level = query.get("level") ?? "INFO";
  if (!isLevel(level)) return invalid({ level: [`Unrecognised log level: ${level}`] });
  const limit = Number(query.get("limit") ?? defaultLimit);
  const after = Number(query.get("after") ?? Number.NEGATIVE_INFINITY);
  const before = Number(query.get("before") ?? Number.POSITIVE_INFINITY);
  const wanted = (parameter: string, value: string): boolean =>
    !query.has(parameter) || query.getAll(parameter).includes(value);
  const events = region.events
    .filter((event) => eventLevels.indexOf(event.level) >= eventLevels.indexOf(level))
    .filter(({ id }) => id > after && id < before)
    .filter(({ hostname, systemId }) => wanted("hostname", hostname) && wanted("id", systemId))
    .filter(({ systemId }) => {
      const machine = region.machines.get(systemId);
      return machine === undefined ? user.superuser : sees(user, machine);
    })
    .reverse()
    .slice(0, limit);
  const page = (direction: string): string => {
    const link = new URLSearchParams(search);
    link.delete("after");
    link.delete("before");
    return `${path}?${link}${direction}`;
  };
  const [newest, oldest] = [events[0], events.at(-1)];
  return ok({
    count: events.length,
    events: events.map(({ systemId, created, ...event }) => ({
      username: event.username,
      node: systemId,
      hostname: event.hostname,
      id: event.id,
      level: event.level,
      created: eventTime(created),
      type: event.type,
      description: event.description,
    })),
    next_uri: page(newest ? `&after=${newest.id}` : ""),
    prev_uri: oldest ? page(`&before=${oldest.id}`) : null,
  });
};
