import type { Change, EntryChange } from "../change.ts";
import type { Bundle } from "../model.ts";
import { originGivesRelease, originOptions } from "./origin.ts";
import { familyOfCharm } from "./releases.ts";
import {
  bothTexts,
  channelFollows,
  channelParts,
  findReleaseStep,
  isChannelChange,
  mostFrequent,
  type ReleaseStep,
} from "./step.ts";

/** An application that kept the old release's channel while its kind moved on. */
export type LeftBehind = {
  readonly application: string;
  readonly channel: string;
  readonly expected: string;
};

export type Folded = {
  /** What goes with the release upgrade, if there is one. */
  readonly release:
    | {
        readonly step: ReleaseStep;
        readonly changes: readonly Change[];
        readonly leftBehind: readonly LeftBehind[];
      }
    | undefined;
  /** Everything else. */
  readonly changes: readonly Change[];
};

const groupOf = (application: string, current: Bundle): string =>
  familyOfCharm.get(current.applications.get(application)?.charm ?? "") ?? "openstack";

const sides = (change: Extract<Change, { old: unknown }>): string => bothTexts(change)?.join(" ") ?? "";

/** The channel step of each family; where a family takes two steps equally often, neither is the expected one. */
const familySteps = (followers: readonly Change[], current: Bundle): ReadonlyMap<string, string> => {
  const channels = followers.filter(isChannelChange);
  const groups = new Set(channels.map(({ application }) => groupOf(application, current)));
  return new Map(
    [...groups].flatMap((group) => {
      const own = channels.filter(({ application }) => groupOf(application, current) === group);
      const most = mostFrequent(own.map(sides));
      return most === undefined ? [] : [[group, most]];
    }),
  );
};

const baseFollows = (change: Extract<Change, { old: unknown }>, step: ReleaseStep): boolean => {
  const texts = bothTexts(change);
  return (
    texts !== undefined &&
    texts[0] < texts[1] &&
    step.from.bases.includes(texts[0]) &&
    step.to.bases.includes(texts[1])
  );
};

const originFollows = (change: EntryChange, step: ReleaseStep, old: Bundle, current: Bundle): boolean => {
  if (!originOptions.has(change.name) || change.new.state !== "value" || change.old.state === "masked")
    return false;
  const before = old.applications.get(change.application)?.base;
  const after = current.applications.get(change.application)?.base;
  return (
    originGivesRelease(change.new.text, step.to, after) &&
    (change.old.state === "absent" || originGivesRelease(change.old.text, step.from, before))
  );
};

const findLeftBehind = (steps: ReadonlyMap<string, string>, current: Bundle): readonly LeftBehind[] =>
  [...current.applications].flatMap(([application, { channel }]) => {
    const [from, to] = steps.get(groupOf(application, current))?.split(" ") ?? [];
    if (channel === undefined || from === undefined || to === undefined) return [];
    return channelParts(channel).track === channelParts(from).track
      ? [{ application, channel, expected: to }]
      : [];
  });

/**
 * Takes out what a release upgrade brings with it: channels to the tracks that go with the release, each kind
 * of charm by one and the same step, package origins, and the Ubuntu base. All else stays, to stand out.
 */
export const foldRelease = (changes: readonly Change[], old: Bundle, current: Bundle): Folded => {
  const step = findReleaseStep(old, current);
  if (step === undefined) return { release: undefined, changes };
  const charmOf = (application: string): string => current.applications.get(application)?.charm ?? "";
  const followers = changes.filter(
    (change) => change.kind === "channel" && channelFollows(change, charmOf(change.application), step),
  );
  const steps = familySteps(followers, current);
  const belongs = (change: Change): boolean => {
    if (change.kind === "channel")
      return followers.includes(change) && steps.get(groupOf(change.application, current)) === sides(change);
    if (change.kind === "base" || change.kind === "machine-base") return baseFollows(change, step);
    return change.kind === "option" && originFollows(change, step, old, current);
  };
  return {
    release: { step, changes: changes.filter(belongs), leftBehind: findLeftBehind(steps, current) },
    changes: changes.filter((change) => !belongs(change)),
  };
};
