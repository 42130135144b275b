import type { Report, ReportSide } from "../report.ts";

/** "1 difference", "2 differences". */
export const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

export const sideText = ({ applications, machines, relations }: ReportSide): string =>
  [counted(applications, "application"), counted(machines, "machine"), counted(relations, "relation")].join(
    " · ",
  );

export const stepText = ({ step }: NonNullable<Report["release"]>): string =>
  `${step.from.track} → ${step.to.track}${step.to.track === step.to.codename ? "" : ` (${step.to.codename})`}`;

/** The result in one sentence. */
export const verdict = ({ same, changes, release }: Report): string => {
  if (same) return "Same: both bundles deploy the same thing.";
  if (release === undefined) return `Different: ${counted(changes.length, "difference")}.`;
  const expected = `${counted(release.changes.length, "difference")} from the release upgrade ${stepText(release)}`;
  const rest = changes.length === 0 ? "nothing else" : `${counted(changes.length, "other")} to look at`;
  const behind =
    release.leftBehind.length === 0
      ? ""
      : `; ${counted(release.leftBehind.length, "application")} left behind`;
  return `Different: ${expected}, ${rest}${behind}.`;
};
