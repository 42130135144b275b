import type { Change, Content } from "../change.ts";
import { absent, applicationOf, value } from "../change.ts";
import type { Sides } from "./values.ts";

/** One line of a report. `mark` is + for what came, - for what went, ~ for what changed, "" for a part of it. */
export type Row = {
  readonly mark: "+" | "-" | "~" | "";
  readonly label: string;
  readonly name: string;
} & Sides;
export type Group = { readonly heading: string; readonly rows: readonly Row[] };
export type Section = { readonly title: string; readonly count: number; readonly groups: readonly Group[] };

const labels: ReadonlyMap<string, string> = new Map([
  ["machine-base", "base"],
  ["machine-constraint", "constraint"],
  ["exposed-endpoint", "exposed"],
]);

export const labelOf = (kind: string): string => labels.get(kind) ?? kind;

/** The name of an entry; `""` means all endpoints in bindings and exposures. */
export const entryName = (kind: string, name: string): string =>
  name === "" && (kind === "binding" || kind === "exposed-endpoint") ? "(all endpoints)" : name;

const markOf = ({ old, new: current }: Sides): "+" | "-" | "~" =>
  old.state === "absent" ? "+" : current.state === "absent" ? "-" : "~";

const contentRow = ({ label, name, value: shown }: Content): Row => ({
  mark: "",
  label: labelOf(label),
  name: entryName(label, name),
  old: absent,
  new: shown,
});

const list = (targets: readonly string[]) => (targets.length === 0 ? absent : value(targets.join(", ")));

/** A change as a row of what it belongs to. Presence changes of whole things are groups of their own. */
export const rowOf = (change: Change): Row => {
  switch (change.kind) {
    case "application":
    case "machine":
      return { mark: "~", label: change.kind, name: "", old: absent, new: absent };
    case "relation":
      return {
        mark: change.change === "added" ? "+" : "-",
        label: change.relation,
        name: "",
        old: absent,
        new: absent,
      };
    case "placement": {
      const sides = { old: list(change.removed), new: list(change.added) };
      return { mark: markOf(sides), label: "placement", name: "", ...sides };
    }
    default:
      return {
        mark: markOf(change),
        label: labelOf(change.kind),
        name: "name" in change ? entryName(change.kind, change.name) : "",
        old: change.old,
        new: change.new,
      };
  }
};

const presence = (title: string, changes: readonly Change[], kind: "added" | "removed"): Section => {
  const groups = changes.flatMap((change): Group[] =>
    change.kind === "application" && change.change === kind
      ? [
          {
            heading: change.application,
            rows: [
              ...change.contents.map(contentRow),
              ...change.relations.map(
                (relation): Row => ({
                  mark: "",
                  label: "relation",
                  name: "",
                  old: absent,
                  new: value(relation),
                }),
              ),
            ],
          },
        ]
      : [],
  );
  return { title, count: groups.length, groups };
};

const grouped = (title: string, changes: readonly Change[], heading: (change: Change) => string): Section => {
  const groups = Map.groupBy(changes, heading);
  return {
    title,
    count: changes.length,
    groups: [...groups].map(([name, members]) => ({ heading: name, rows: members.map(rowOf) })),
  };
};

const machineHeading = (change: Change): string => ("machine" in change ? `machine ${change.machine}` : "");

const machineSection = (changes: readonly Change[]): Section => {
  const whole = changes.flatMap((change): Group[] =>
    change.kind === "machine"
      ? [{ heading: `machine ${change.machine} ${change.change}`, rows: change.contents.map(contentRow) }]
      : [],
  );
  const fields = grouped(
    "",
    changes.filter(({ kind }) => kind.startsWith("machine-")),
    machineHeading,
  );
  return { title: "Machines", count: whole.length + fields.count, groups: [...whole, ...fields.groups] };
};

/** The changes as sections in the order in which an operator looks at them; empty ones are left out. */
export const sectionsOf = (changes: readonly Change[]): readonly Section[] =>
  [
    presence("Applications removed", changes, "removed"),
    presence("Applications added", changes, "added"),
    grouped(
      "Applications changed",
      changes.filter((change) => change.kind !== "application" && applicationOf(change) !== undefined),
      (change) => applicationOf(change) ?? "",
    ),
    machineSection(changes),
    grouped(
      "Relations",
      changes.filter(({ kind }) => kind === "relation"),
      () => "",
    ),
    grouped(
      "Remote applications (saas)",
      changes.filter(({ kind }) => kind === "saas"),
      () => "",
    ),
  ].filter(({ count }) => count > 0);
