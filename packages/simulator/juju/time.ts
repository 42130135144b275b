/**
 * Instants are RFC 3339 texts in UTC, because juju prints nanoseconds that a number cannot hold.
 */
export type Instant = string;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export const instant = (epochMs: number): Instant => new Date(epochMs).toISOString();

const day = (at: Instant): string => at.slice(0, 10);
const second = (at: Instant): string => at.slice(11, 19);

/** `20 May 2026 09:12:33Z`: status and machines. */
export const statusTime = (at: Instant): string =>
  `${at.slice(8, 10)} ${months[Number(at.slice(5, 7)) - 1]} ${at.slice(0, 4)} ${second(at)}Z`;

/** `14:03:32Z`: the controller's timestamp. */
export const clockTime = (at: Instant): string => `${second(at)}Z`;

/** `2026-05-20 09:12:33.123456789 +0000 UTC`: `--exact-time`. */
export const exactTime = (at: Instant): string => {
  const fraction = /\.(\d+)Z$/.exec(at)?.[1]?.replace(/0+$/, "") ?? "";
  return `${day(at)} ${second(at)}${fraction ? `.${fraction}` : ""} +0000 UTC`;
};

/** `2 minutes ago`, or the date when it is a day or more ago: models and show-model. */
export const friendlyTime = (at: Instant, nowMs: number): string => {
  const seconds = (nowMs - Date.parse(at)) / 1000;
  if (seconds >= 86_400) return day(at);
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} hours ago`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)} minutes ago`;
  if (seconds >= 2) return `${Math.floor(seconds)} seconds ago`;
  return "just now";
};
