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
