import type { Report } from "../report.ts";
import { visibleJson } from "../visible.ts";

/**
 * The report as JSON for other programs. `changes` and `release.changes` together are all differences; every
 * side is `{state: "absent" | "masked"}` or `{state: "value", text}`.
 */
export const renderJson = ({
  old,
  new: current,
  same,
  changes,
  release,
  notes,
  renumbered,
}: Report): string => {
  const json = JSON.stringify(
    {
      format: "bundle-diff/1",
      old,
      new: current,
      same,
      changes,
      release:
        release === undefined
          ? null
          : {
              from: release.step.from.track,
              to: release.step.to.track,
              codename: release.step.to.codename,
              changes: release.changes,
              leftBehind: release.leftBehind,
            },
      notes,
      renumberedMachines: Object.fromEntries(renumbered),
    },
    undefined,
    2,
  );
  return `${visibleJson(json)}\n`;
};
