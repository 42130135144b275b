import type { Normal, Pace } from "./report.ts";

const second = 1_000;
const minute = 60_000;

/** What the runbook (decision D-018) gives as the normal time of each phase. */
export const normalTimes = {
  guards: { atMost: 30 * second, text: "seconds" },
  capture: { atMost: 30 * second, text: "30 s" },
  model: { atLeast: 5 * minute, atMost: 10 * minute, text: "5–10 min" },
  release: { atMost: 5 * minute, text: "5 min" },
  exit: { atMost: minute, text: "1 min" },
} as const satisfies Record<string, Normal>;

/** A release that erases disks takes as long as the disks are large; the runbook knows no time for it. */
export const normalRelease = (erase: unknown): Normal | undefined =>
  erase === undefined || erase === "none" ? normalTimes.release : undefined;

/** Compares a time in ms with the runbook's. */
export const paceOf = (took: number | undefined, normal: Normal | undefined, ended: boolean): Pace => {
  if (!normal || took === undefined) return ended ? "not compared" : "unfinished";
  if (took > normal.atMost) return "slower";
  if (!ended) return "unfinished";
  return normal.atLeast !== undefined && took < normal.atLeast ? "faster" : "normal";
};
