import type { CurvePoint } from "./curve.ts";
import type { SideBySide } from "./five.ts";
import type { Previews } from "./preview.ts";
import type { ManyMachines } from "./thousand.ts";

/** All that was measured, as it is kept in results.json. Times are ms, sizes are bytes; parts that were not run are absent. */
export type Results = {
  at: string;
  machine: { cores: number; model: string; memoryBytes: number; load: number; node: string; pulumi: string };
  five?: SideBySide;
  fiveWithLatency?: SideBySide;
  realDurations?: SideBySide;
  previews?: Previews;
  curve?: CurvePoint[];
  many?: ManyMachines[];
};

export const parts = ["five", "fiveWithLatency", "previews", "curve", "many", "realDurations"] as const;
export type PartName = (typeof parts)[number];
