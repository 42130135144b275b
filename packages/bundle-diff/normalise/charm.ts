import { seriesVersions } from "./base.ts";

/** Architectures that may stand in a charm URL (`ch:amd64/jammy/keystone-100`). */
const architectures: ReadonlySet<string> = new Set([
  "amd64",
  "arm64",
  "ppc64el",
  "s390x",
  "riscv64",
  "i386",
  "armhf",
]);

export type Charm = {
  readonly name: string;
  readonly revision: number | undefined;
  readonly series: string | undefined;
};

/**
 * A charm's name without its store, architecture, series and revision: `ch:keystone`, `keystone` and
 * `cs:jammy/keystone-100` are one charm. Local paths stay as they are.
 */
export const normaliseCharm = (url: string): Charm => {
  if (/^[./~]/.test(url) || url.endsWith(".charm"))
    return { name: url, revision: undefined, series: undefined };
  const segments = url.replace(/^(ch|cs):/, "").split("/");
  const last = segments.pop() ?? "";
  const revision = /-(\d{1,9})$/.exec(last);
  const name = revision === null ? last : last.slice(0, revision.index);
  const series = segments.find((segment) => seriesVersions.has(segment));
  const owner = segments.filter((segment) => !architectures.has(segment) && segment !== series);
  return {
    name: [...owner, name].join("/"),
    revision: revision === null ? undefined : Number(revision[1]),
    series,
  };
};
