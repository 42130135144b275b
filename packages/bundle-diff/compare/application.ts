import type { Change, Entry, Field, Note } from "../change.ts";
import type { Mask } from "../mask.ts";
import type { Application } from "../model.ts";
import { isUnaskedStorage, sameStorage, storageText } from "../normalise/storage.ts";
import { sameOptionValue } from "../read/scalar.ts";
import { differences } from "./compare-maps.ts";
import { resourceText } from "./contents.ts";
import { comparePlacement } from "./placement.ts";

export type Compared = { readonly changes: readonly Change[]; readonly notes: readonly Note[] };

const oneSided = "the other bundle leaves it to the charm's default";

/** Why a difference in a field is a note where one side leaves the field out. */
const fields: ReadonlyArray<{
  readonly kind: Field;
  readonly text: (application: Application) => string | undefined;
  readonly noteWhenOneSided: boolean;
}> = [
  // An overlay alone has no charm.
  { kind: "charm", text: ({ charm }) => charm, noteWhenOneSided: false },
  { kind: "channel", text: ({ channel }) => channel, noteWhenOneSided: true },
  { kind: "base", text: ({ base }) => base, noteWhenOneSided: true },
  { kind: "units", text: ({ units }) => String(units), noteWhenOneSided: false },
  { kind: "trust", text: ({ trust }) => String(trust), noteWhenOneSided: false },
];

const compareFields = (name: string, old: Application, current: Application, mask: Mask): Compared => {
  const changes: Change[] = [];
  const notes: Note[] = [];
  for (const { kind, text, noteWhenOneSided } of fields) {
    const before = text(old);
    const after = text(current);
    if (before === after) continue;
    const sides = { old: mask.text(before), new: mask.text(after) };
    if (
      noteWhenOneSided &&
      (before === undefined || after === undefined) &&
      (kind === "channel" || kind === "base")
    )
      notes.push({ kind, application: name, name: "", why: oneSided, ...sides });
    else changes.push({ kind, application: name, ...sides });
  }
  if (old.revision !== current.revision) {
    const [before, after] = [old, current].map(({ revision }) => mask.text(revision?.toString()));
    if (before !== undefined && after !== undefined)
      notes.push({
        kind: "revision",
        application: name,
        name: "",
        why: "follows from the channel; exports always name it",
        old: before,
        new: after,
      });
  }
  return { changes, notes };
};

const plainEntries: ReadonlyArray<{
  readonly kind: Entry;
  readonly of: (application: Application) => ReadonlyMap<string, string>;
}> = [
  { kind: "constraint", of: ({ constraints }) => constraints },
  { kind: "binding", of: ({ bindings }) => bindings },
  { kind: "device", of: ({ devices }) => devices },
  { kind: "offer", of: ({ offers }) => offers },
  { kind: "exposed-endpoint", of: ({ exposedEndpoints }) => exposedEndpoints },
];

const compareEntries = (
  name: string,
  old: Application,
  current: Application,
  mask: Mask,
): readonly Change[] => [
  ...differences(old.options, current.options, sameOptionValue).map(
    (difference): Change => ({
      kind: "option",
      application: name,
      name: difference.name,
      old: mask.option(difference.name, difference.old),
      new: mask.option(difference.name, difference.new),
    }),
  ),
  ...plainEntries.flatMap(({ kind, of }) =>
    differences(of(old), of(current)).map(
      (difference): Change => ({
        kind,
        application: name,
        name: difference.name,
        old: mask.text(difference.old),
        new: mask.text(difference.new),
      }),
    ),
  ),
];

const compareStorage = (name: string, old: Application, current: Application, mask: Mask): Compared => {
  const changes: Change[] = [];
  const notes: Note[] = [];
  for (const difference of differences(old.storage, current.storage, sameStorage)) {
    const [before, after] = [difference.old, difference.new];
    const sides = {
      old: mask.text(before && storageText(before)),
      new: mask.text(after && storageText(after)),
    };
    const only = before === undefined ? after : after === undefined ? before : undefined;
    if (only !== undefined && isUnaskedStorage(only))
      notes.push({
        kind: "storage",
        application: name,
        name: difference.name,
        why: "not asked for, exports add it; deployed, it adds loop devices",
        ...sides,
      });
    else changes.push({ kind: "storage", application: name, name: difference.name, ...sides });
  }
  return { changes, notes };
};

const compareResources = (name: string, old: Application, current: Application, mask: Mask): Compared => {
  const changes: Change[] = [];
  const notes: Note[] = [];
  const found = differences(old.resources, current.resources, (a, b) => resourceText(a) === resourceText(b));
  for (const difference of found) {
    const [before, after] = [difference.old, difference.new];
    const sides = {
      old: mask.text(before && resourceText(before)),
      new: mask.text(after && resourceText(after)),
    };
    const fromStore = [before, after].every((resource) => resource === undefined || "revision" in resource);
    if (fromStore)
      notes.push({
        kind: "resource",
        application: name,
        name: difference.name,
        why: "the charm store's own revision; 0 is none",
        ...sides,
      });
    else changes.push({ kind: "resource", application: name, name: difference.name, ...sides });
  }
  return { changes, notes };
};

/** Everything in which an application that both bundles have differs. */
export const compareApplication = (
  name: string,
  old: Application,
  current: Application,
  mask: Mask,
): Compared => {
  const parts: readonly Compared[] = [
    compareFields(name, old, current, mask),
    { changes: comparePlacement(name, old, current), notes: [] },
    { changes: compareEntries(name, old, current, mask), notes: [] },
    compareStorage(name, old, current, mask),
    compareResources(name, old, current, mask),
  ];
  const unknown = differences(old.unknown, current.unknown).map(
    (difference): Note => ({
      kind: "not-compared",
      application: name,
      name: difference.name,
      why: "a key that this comparison does not know; look at it yourself",
      // An unknown key may hold anything, secrets too.
      old: { state: difference.old === undefined ? "absent" : "masked" },
      new: { state: difference.new === undefined ? "absent" : "masked" },
    }),
  );
  return {
    changes: parts.flatMap(({ changes }) => changes),
    notes: [...parts.flatMap(({ notes }) => notes), ...unknown],
  };
};
