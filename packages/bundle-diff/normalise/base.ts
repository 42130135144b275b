/** Ubuntu's series and their versions (https://wiki.ubuntu.com/Releases); bundles name either. */
export const seriesVersions: ReadonlyMap<string, string> = new Map([
  ["trusty", "14.04"],
  ["xenial", "16.04"],
  ["bionic", "18.04"],
  ["focal", "20.04"],
  ["jammy", "22.04"],
  ["kinetic", "22.10"],
  ["lunar", "23.04"],
  ["mantic", "23.10"],
  ["noble", "24.04"],
  ["oracular", "24.10"],
  ["plucky", "25.04"],
  ["questing", "25.10"],
  ["resolute", "26.04"],
]);

/** A base or series as `ubuntu@22.04`: `jammy`, `ubuntu@22.04/stable` and `ubuntu/22.04` are one base. */
export const normaliseBase = (base: string): string => {
  const version = seriesVersions.get(base);
  if (version !== undefined) return `ubuntu@${version}`;
  const trimmed = base.replace(/\/stable$/, "");
  return trimmed.includes("@") ? trimmed : trimmed.replace("/", "@");
};

/** The first of several spellings of a base that is given. */
export const firstBase = (...bases: ReadonlyArray<string | null | undefined>): string | undefined => {
  const base = bases.find((candidate) => candidate !== null && candidate !== undefined && candidate !== "");
  return base === null || base === undefined ? undefined : normaliseBase(base);
};
