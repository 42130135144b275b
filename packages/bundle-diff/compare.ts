import { isDeepStrictEqual } from "node:util";
import { createMask, type Mask, type Shown } from "./mask.ts";
import {
  type Application,
  type ApplicationKind,
  type Bundle,
  type MachineKind,
  NumberLiteral,
  type OptionValue,
  placementPerUnit,
  type Relation,
  type Values,
} from "./normalise.ts";

export type Sides = { readonly old: Shown; readonly new: Shown };

/** What an added or removed application or machine consists of, one value each. */
export type Content = { readonly label: string; readonly name: string; readonly value: Shown };

type Presence = { readonly change: "added" | "removed" };

/** One difference between what the two bundles deploy. Machines have the numbers of the new bundle. */
export type Change =
  | ({ readonly kind: "application"; readonly application: string } & Presence & {
        readonly contents: readonly Content[];
        /** The relations that were added or removed with it, as "a:x - b:y". */
        readonly relations: readonly string[];
      })
  | ({ readonly kind: "machine"; readonly machine: string } & Presence & {
        readonly contents: readonly Content[];
      })
  | ({ readonly kind: "relation"; readonly relation: string } & Presence)
  /** Targets of units that only one bundle has. */
  | (Readonly<Record<"removed" | "added", readonly string[]>> & {
      readonly kind: "placement";
      readonly application: string;
    })
  | ((
      | { readonly kind: ApplicationKind; readonly application: string }
      | { readonly kind: MachineKind; readonly machine: string }
      | { readonly kind: "saas" }
    ) & { readonly name: string } & Sides);

/** Something that the bundles spell differently and that does not count as a difference. */
export type Note = {
  readonly kind: ApplicationKind | "not-compared";
  readonly application: string;
  readonly name: string;
  readonly why: string;
} & Sides;

export type Comparison = {
  readonly changes: readonly Change[];
  readonly notes: readonly Note[];
  /** Old machine number -> new one, where they differ. */
  readonly renumbered: ReadonlyMap<string, string>;
};

const whole = /^[+-]?\d+$/;
const decimal = /^[+-]?\d+(\.\d+)?$/;

const equalNumbers = (a: string, b: string): boolean => {
  if (whole.test(a) && whole.test(b)) return BigInt(a.replace("+", "")) === BigInt(b.replace("+", ""));
  return a === b || (decimal.test(a) && decimal.test(b) && Number(a) === Number(b));
};

/** The words that YAML 1.1, which Juju's parser follows, takes for booleans. */
const asBoolean = (value: OptionValue): boolean | undefined =>
  /^(true|yes|on|y)$/i.test(String(value))
    ? true
    : /^(false|no|off|n)$/i.test(String(value))
      ? false
      : undefined;

/**
 * Whether two option values mean the same. The charm knows the option's type and the bundle does not, so a
 * number equals its text (3, 3.0, "3") and a boolean its words (true, "True", yes), but two strings are equal
 * only letter by letter ("22.1" is not "22.10"), apart from the case of true and false.
 */
const sameOption = (a: OptionValue, b: OptionValue): boolean => {
  if (typeof a === "boolean" || typeof b === "boolean")
    return asBoolean(a) !== undefined && asBoolean(a) === asBoolean(b);
  if (a instanceof NumberLiteral || b instanceof NumberLiteral) return equalNumbers(String(a), String(b));
  return a === b || (/^(true|false)$/i.test(a) && a.toLowerCase() === b.toLowerCase());
};

type Difference<Kind> = {
  readonly kind: Kind;
  readonly name: string;
  readonly values: readonly [OptionValue | undefined, OptionValue | undefined];
} & Sides;

/** The values that differ, by kind and name. */
const differences = <Kind extends string>(
  old: ReadonlyMap<Kind, Values>,
  current: ReadonlyMap<Kind, Values>,
  mask: Mask,
): ReadonlyArray<Difference<Kind>> =>
  [...old].flatMap(([kind, olds]) => {
    const news: Values = current.get(kind) ?? new Map();
    return [...new Set([...olds.keys(), ...news.keys()])].sort().flatMap((name) => {
      const [before, after] = [olds.get(name), news.get(name)];
      const bothOptions = kind === "option" && before !== undefined && after !== undefined;
      if (bothOptions ? sameOption(before, after) : before === after) return [];
      const [oldSide, newSide] = [mask(kind, name, before), mask(kind, name, after)];
      return [{ kind, name, values: [before, after], old: oldSide, new: newSide }];
    });
  });

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const contentsOf = (values: ReadonlyMap<string, Values>, mask: Mask): readonly Content[] =>
  [...values].flatMap(([kind, named]) =>
    [...named].sort(byName).map(([name, value]) => ({
      label: kind.replace("machine-", ""),
      name,
      value: mask(kind, name, value),
    })),
  );

/** What an export writes for storage that nobody asked for: a built-in pool and 1 GiB. */
const unaskedStorage = /^(loop|rootfs|tmpfs),[01],1G$/;
const zeroCount = /(^|,)0(,|$)/;
const zeroCountWhy =
  "Juju refuses a count of 0, which older exports write; without a count it adds one device";

/** Why a difference does not count, if it does not. */
const whyNot = ({ kind, values }: Difference<ApplicationKind>): string | undefined => {
  const given = values.filter((value) => value !== undefined).map(String);
  const oneSided = given.length === 1;
  if (kind === "revision") return "follows from the channel; exports always name it";
  if ((kind === "channel" || kind === "base") && oneSided)
    return "the other bundle leaves it to the charm's default";
  if (kind === "resource" && given.every((text) => text.startsWith("revision ")))
    return "the charm store's own revision; 0 is none";
  if (kind === "storage" && oneSided && given.every((text) => unaskedStorage.test(text)))
    return given.some((text) => zeroCount.test(text))
      ? "not asked for; older exports add it, and Juju refuses its count of 0"
      : "not asked for, but exports add it; deploying it adds loop devices";
  return undefined;
};

const without = (list: readonly string[], others: readonly string[]): readonly string[] => {
  const left = [...others];
  return list.filter((target) => {
    const twin = left.indexOf(target);
    if (twin !== -1) left.splice(twin, 1);
    return twin === -1;
  });
};

/**
 * Where units go, as a multiset: which unit of an application is on which machine does not matter. The same
 * directives for another number of units are no change of placement, only of units.
 */
const comparePlacement = (application: string, old: Application, current: Application): readonly Change[] => {
  if (old.units !== current.units && isDeepStrictEqual(old.to.toSorted(), current.to.toSorted())) return [];
  const [before, after] = [placementPerUnit(old), placementPerUnit(current)];
  const removed = without(before, after).toSorted();
  const added = without(after, before).toSorted();
  return removed.length + added.length === 0 ? [] : [{ kind: "placement", application, removed, added }];
};

type Compared = Pick<Comparison, "changes" | "notes">;

/** Everything in which an application that both bundles have differs. */
const compareApplication = (
  application: string,
  old: Application,
  current: Application,
  mask: Mask,
): Compared => {
  const changes: Change[] = [];
  const notes: Note[] = [];
  for (const difference of differences(old.values, current.values, mask)) {
    const { values, ...sides } = difference;
    const why = whyNot(difference);
    if (why === undefined) changes.push({ ...sides, application });
    else notes.push({ ...sides, application, why });
    const isRefused = sides.kind === "storage" && values.some((text) => zeroCount.test(String(text)));
    if (why === undefined && isRefused) notes.push({ ...sides, application, why: zeroCountWhy });
  }
  for (const name of new Set([...old.unknown.keys(), ...current.unknown.keys()])) {
    if (isDeepStrictEqual(old.unknown.get(name), current.unknown.get(name))) continue;
    // An unknown key may contain anything, secrets too.
    const side = (of: Application): Shown => ({ state: of.unknown.has(name) ? "masked" : "absent" });
    const why = "this comparison does not know the key; compare it yourself";
    notes.push({ kind: "not-compared", application, name, why, old: side(old), new: side(current) });
  }
  return { changes: [...changes, ...comparePlacement(application, old, current)], notes };
};

const compareMachines = (old: Bundle, current: Bundle, mask: Mask): readonly Change[] =>
  [...new Set([...old.machines.keys(), ...current.machines.keys()])].sort().flatMap((machine): Change[] => {
    const [before, after] = [old.machines.get(machine), current.machines.get(machine)];
    const only = before === undefined ? after : after === undefined ? before : undefined;
    if (only !== undefined) {
      const change = before === undefined ? "added" : "removed";
      return [{ kind: "machine", change, machine, contents: contentsOf(only.values, mask) }];
    }
    if (before === undefined || after === undefined) return [];
    return differences(before.values, after.values, mask).flatMap(({ values, ...sides }) =>
      sides.kind === "machine-base" && values.includes(undefined) ? [] : [{ ...sides, machine }],
    );
  });

const byNumber = (a: string, b: string): number => {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) || difference === 0 ? (a < b ? -1 : 1) : difference;
};

/**
 * Which machine of the old bundle is which of the new one. The numbers are a model's own (0, 1, 2, 5 after a
 * removal), so unless one bundle's numbers contain the other's, machines are matched by their position.
 * @returns old number -> new number, for every machine of the old bundle
 */
const matchMachines = (old: Bundle, current: Bundle): ReadonlyMap<string, string> => {
  const before = [...old.machines.keys()].sort(byNumber);
  const after = [...current.machines.keys()].sort(byNumber);
  const numbersStay = before.every((id) => after.includes(id)) || after.every((id) => before.includes(id));
  return new Map(before.map((id, position) => [id, numbersStay ? id : (after[position] ?? `${id} (old)`)]));
};

/** A bundle with new machine numbers, also in every placement: `lxd:5` -> `lxd:3`. */
const renumberMachines = (bundle: Bundle, numbers: ReadonlyMap<string, string>): Bundle => {
  const renumber = (target: string): string => {
    const [, container = "", id = ""] = /^((?:[a-z]+:)?)([^:]+)$/.exec(target) ?? [];
    const number = numbers.get(id);
    return number === undefined ? target : `${container}${number}`;
  };
  return {
    ...bundle,
    machines: new Map([...bundle.machines].map(([id, machine]) => [renumber(id), machine])),
    applications: new Map(
      [...bundle.applications].map(([name, application]) => [
        name,
        { ...application, to: application.to.map(renumber) },
      ]),
    ),
  };
};

const applicationOf = (end: string): string => end.split(":")[0] ?? "";

/** Endpoints that are left out agree with any. */
const endsAgree = (a: string, b: string): boolean =>
  a === b || (applicationOf(a) === applicationOf(b) && (!a.includes(":") || !b.includes(":")));

/** The relations that only one bundle has. Those that leave out an endpoint may match once each. */
const unmatchedRelations = (
  old: readonly Relation[],
  current: readonly Relation[],
): { readonly removed: readonly Relation[]; readonly added: readonly Relation[] } => {
  const [olds, news] = [new Set(old.map(relationText)), new Set(current.map(relationText))];
  const added = current.filter((relation) => !olds.has(relationText(relation)));
  const removed = old.filter((relation) => {
    if (news.has(relationText(relation))) return false;
    const [a, b] = relation;
    const twin = added.findIndex(
      ([c, d]) => (endsAgree(a, c) && endsAgree(b, d)) || (endsAgree(a, d) && endsAgree(b, c)),
    );
    if (twin !== -1) added.splice(twin, 1);
    return twin === -1;
  });
  return { removed, added };
};

const relationText = (relation: Relation): string => relation.join(" - ");

/** Applications that only `from` has, each with its relations, and the relations that are left. */
const onlyIn = (
  from: Bundle,
  other: Bundle,
  change: "added" | "removed",
  relations: readonly Relation[],
  mask: Mask,
): { readonly applications: readonly Change[]; readonly relations: readonly Change[] } => {
  let left = relations;
  const applications = [...from.applications.entries()]
    .filter(([name]) => !other.applications.has(name))
    .sort(byName)
    .map(([name, { values, to }]): Change => {
      const own = left.filter((relation) => relation.some((end) => applicationOf(end) === name));
      left = left.filter((relation) => !own.includes(relation));
      const placement: Values = new Map(to.length > 0 ? [["", to.join(", ")]] : []);
      const contents = contentsOf(new Map<string, Values>([...values, ["placement", placement]]), mask);
      return {
        kind: "application",
        change,
        application: name,
        contents,
        relations: own.map(relationText).sort(),
      };
    });
  const others = left.map(relationText).sort();
  return { applications, relations: others.map((relation) => ({ kind: "relation", change, relation })) };
};

/** Compares what two bundles deploy. The same deployment, however it is spelled, gives no changes. */
export const compareBundles = (before: Bundle, current: Bundle): Comparison => {
  const numbers = matchMachines(before, current);
  const old = renumberMachines(before, numbers);
  const mask = createMask(old, current);
  const { removed, added } = unmatchedRelations(old.relations, current.relations);
  const gone = onlyIn(old, current, "removed", removed, mask);
  const fresh = onlyIn(current, old, "added", added, mask);
  const both = [...old.applications].sort(byName).flatMap(([name, application]) => {
    const counterpart = current.applications.get(name);
    return counterpart === undefined ? [] : [compareApplication(name, application, counterpart, mask)];
  });
  const saas = differences(
    new Map([["saas" as const, old.saas]]),
    new Map([["saas" as const, current.saas]]),
    mask,
  );
  return {
    changes: [
      ...gone.applications,
      ...fresh.applications,
      ...both.flatMap(({ changes }) => changes),
      ...compareMachines(old, current, mask),
      ...gone.relations,
      ...fresh.relations,
      ...saas.map(({ values: _, ...change }) => change),
    ],
    notes: both.flatMap(({ notes }) => notes),
    renumbered: new Map([...numbers].filter(([from, to]) => from !== to)),
  };
};
