import type { Report } from "./report.ts";

/** What a set-up works with; tests put their own in. */
export type SetupTools = {
  env: NodeJS.ProcessEnv;
  report: Report;
  sleep: (milliseconds: number) => Promise<void>;
  now: () => Date;
  /** Downloads the official CLI into `root`; the npm package `pulumi`'s own installer. */
  installer: readonly [string, ...string[]];
  /** Try downloads again that failed before. */
  retry: boolean;
};
