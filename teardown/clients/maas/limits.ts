/** Limits in ms, except `attempts`. */
export type MaasLimits = {
  /** Until a connection is made. */
  connect: number;
  /** For one attempt at a GET. All 997 machines of a large MAAS took 14 s (recorded). */
  read: number;
  /**
   * For a POST release, which MAAS answers only after the power-off: drivers try for 5 minutes, up to 3 times. The nginx in
   * front of MAAS gives up after 900 s, so nothing comes later than that.
   */
  release: number;
  /** How often something that is safe to repeat is sent in all. */
  attempts: number;
  /** The first pause between attempts; doubles, with jitter, up to `maxPause`. */
  pause: number;
  maxPause: number;
};

export const defaultLimits: MaasLimits = {
  connect: 10_000,
  read: 60_000,
  release: 960_000,
  attempts: 5,
  pause: 500,
  maxPause: 15_000,
};
