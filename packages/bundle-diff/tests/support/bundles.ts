import { join } from "node:path";
import { recordings } from "../../../../tests/recordings.ts";
import { type Change, compareBundles, type Note } from "../../compare.ts";
import { renderHtml as pageToHtml } from "../../html.ts";
import { renderMarkdown as pageToMarkdown } from "../../markdown.ts";
import type { Bundle } from "../../normalise.ts";
import { parseBundle } from "../../read.ts";
import { createReport, pageOf, type Report } from "../../report.ts";
import { renderText as pageToText } from "../../text.ts";

export { renderJson } from "../../report.ts";

/** The recorded bundles. */
export const samplesDirectory: string = join(recordings, "juju/bundles");

export const sampleNames = {
  export: "export-3.6.28-style-jammy-yoga.COMPOSED.yaml",
  focalYoga: "openstack-base-focal-yoga.yaml",
  jammyYoga: "openstack-base-jammy-yoga.yaml",
  jammyZed: "openstack-base-jammy-zed.yaml",
  caracal: "openstack-base-jammy-caracal.DERIVED.yaml",
  overlay: "openstack-base-spaces-overlay.yaml",
} as const;

export const samplePath = (name: keyof typeof sampleNames): string =>
  join(samplesDirectory, sampleNames[name]);

/** The bundle in a YAML text; throws what is wrong with it. */
export const bundleOf = (text: string, name = "bundle.yaml"): Bundle => {
  const { bundle, problems } = parseBundle([{ name, text }]);
  if (bundle === undefined) throw new Error(JSON.stringify(problems));
  return bundle;
};

/** A bundle with one application `keystone`, whose body is YAML in flow style. */
export const application = (body: string, top = ""): string =>
  `${top}\napplications:\n  keystone: {charm: keystone, ${body}}\n`;

export const changesBetween = (old: string, current: string): readonly Change[] =>
  compareBundles(bundleOf(old), bundleOf(current)).changes;

export const notesBetween = (old: string, current: string): readonly Note[] =>
  compareBundles(bundleOf(old), bundleOf(current)).notes;

export const reportOf = (old: string, current: string): Report =>
  createReport({ name: "old.yaml", bundle: bundleOf(old) }, { name: "new.yaml", bundle: bundleOf(current) });

export const renderText = (report: Report): string => pageToText(pageOf(report));
export const renderMarkdown = (report: Report): string => pageToMarkdown(pageOf(report));
export const renderHtml = (report: Report): string => pageToHtml(pageOf(report));

/** What a change is, without its values: `keystone option debug`. */
export const summary = (change: Change): string => {
  if (change.kind === "relation") return `relation ${change.change} ${change.relation}`;
  if (change.kind === "application") return `${change.application} ${change.change}`;
  if (change.kind === "machine") return `machine ${change.machine} ${change.change}`;
  const where = "application" in change ? change.application : "machine" in change ? change.machine : "";
  const name = "name" in change ? change.name : "";
  return [where, change.kind, name].filter((part) => part !== "").join(" ");
};

export const summaries = (old: string, current: string): readonly string[] =>
  changesBetween(old, current).map(summary);
