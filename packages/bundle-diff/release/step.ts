import type { Change, FieldChange } from "../change.ts";
import type { Application, Bundle } from "../model.ts";
import { familyOfCharm, familyTracks, type Release, releaseOfTrack, releases } from "./releases.ts";

/** From one OpenStack release to a later one. */
export type ReleaseStep = { readonly from: Release; readonly to: Release };

type Parts = { readonly track: string; readonly rest: string };

export const channelParts = (channel: string): Parts => {
  const [track = "", ...rest] = channel.split("/");
  return { track, rest: rest.join("/") };
};

export const isLater = (from: Release, to: Release): boolean => releases.indexOf(from) < releases.indexOf(to);

/** The texts of a change's two sides where both are there and may be shown. */
export const bothTexts = (change: Pick<FieldChange, "old" | "new">): readonly [string, string] | undefined =>
  change.old.state === "value" && change.new.state === "value"
    ? [change.old.text, change.new.text]
    : undefined;

const releaseOf = (application: Application): Release | undefined =>
  application.channel === undefined || familyOfCharm.has(application.charm ?? "")
    ? undefined
    : releaseOfTrack(channelParts(application.channel).track);

/** The most frequent item, unless another is as frequent. */
export const mostFrequent = (items: readonly string[]): string | undefined => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a);
  return first === undefined || first[1] === second?.[1] ? undefined : first[0];
};

/**
 * The release upgrade between two bundles: the step that most OpenStack charms take, if more take it than stay.
 * One charm on another release is no upgrade but something to look at.
 */
export const findReleaseStep = (old: Bundle, current: Bundle): ReleaseStep | undefined => {
  const steps: ReleaseStep[] = [];
  const stays: Release[] = [];
  for (const [name, application] of old.applications) {
    const counterpart = current.applications.get(name);
    const from = releaseOf(application);
    const to = counterpart === undefined ? undefined : releaseOf(counterpart);
    if (from === undefined || to === undefined) continue;
    if (from === to) stays.push(from);
    else if (isLater(from, to)) steps.push({ from, to });
  }
  const most = mostFrequent(steps.map(({ from, to }) => `${from.track} ${to.track}`));
  const step = steps.find(({ from, to }) => `${from.track} ${to.track}` === most);
  if (step === undefined) return undefined;
  const movers = steps.filter(({ from, to }) => from === step.from && to === step.to).length;
  return movers > stays.filter((release) => release === step.from).length ? step : undefined;
};

/** Whether a change of channel is what this step asks for: same risk, and a track that goes with the release. */
export const channelFollows = (change: FieldChange, charm: string, step: ReleaseStep): boolean => {
  const texts = bothTexts(change);
  if (texts === undefined) return false;
  const [before, after] = texts.map(channelParts);
  if (before === undefined || after === undefined || before.rest !== after.rest) return false;
  const family = familyOfCharm.get(charm);
  if (family === undefined)
    return releaseOfTrack(before.track) === step.from && releaseOfTrack(after.track) === step.to;
  const order = familyTracks[family];
  const isUpgrade = order.includes(before.track) && order.indexOf(before.track) < order.indexOf(after.track);
  if (family === "ceph" || family === "ovn")
    return isUpgrade && step.from[family].includes(before.track) && step.to[family].includes(after.track);
  return isUpgrade;
};

export const isChannelChange = (change: Change): change is FieldChange => change.kind === "channel";
