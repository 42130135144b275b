import { seriesVersions } from "../normalise/base.ts";
import type { Release } from "./releases.ts";

/** The options that say where a charm's packages come from. */
export const originOptions: ReadonlySet<string> = new Set(["openstack-origin", "source"]);

const seriesOfBase = (base: string): string | undefined =>
  [...seriesVersions].find(([, version]) => `ubuntu@${version}` === base)?.[0];

/**
 * Whether a package origin gives exactly this release on this base: `distro` on the base that ships it, else
 * the Cloud Archive's `cloud:jammy-caracal`. Pockets (`/proposed`) and mirrors are choices, not the release.
 * @param base - the application's base, or nothing where the bundle does not say
 */
export const originGivesRelease = (origin: string, release: Release, base: string | undefined): boolean => {
  const bases = base === undefined ? release.bases : [base];
  if (origin === "distro") return release.native !== undefined && bases.includes(release.native);
  return bases
    .filter((candidate) => release.bases.includes(candidate) && candidate !== release.native)
    .some((candidate) => origin === `cloud:${seriesOfBase(candidate)}-${release.codename}`);
};
