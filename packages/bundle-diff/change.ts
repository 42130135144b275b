/**
 * One side of a change, as it may be shown. A secret has no text here, so that no renderer can print one.
 */
export type Shown =
  | { readonly state: "absent" }
  | { readonly state: "masked" }
  | { readonly state: "value"; readonly text: string };

/** The single values of an application. */
export type Field = "charm" | "channel" | "base" | "units" | "trust";

/** The named values of an application. For `binding` and `exposed-endpoint` the name `""` is all endpoints. */
export type Entry =
  | "option"
  | "constraint"
  | "binding"
  | "storage"
  | "device"
  | "resource"
  | "offer"
  | "exposed-endpoint";

/** What an added or removed thing consists of, one line each. */
export type Content = { readonly label: string; readonly name: string; readonly value: Shown };

type Sides = { readonly old: Shown; readonly new: Shown };

export type Presence = "added" | "removed";

export type ApplicationChange = {
  readonly kind: "application";
  readonly change: Presence;
  readonly application: string;
  readonly contents: readonly Content[];
  /** The relations that came or went with it, as "a:x - b:y". */
  readonly relations: readonly string[];
};
export type FieldChange = { readonly kind: Field; readonly application: string } & Sides;
export type EntryChange = {
  readonly kind: Entry;
  readonly application: string;
  readonly name: string;
} & Sides;
export type PlacementChange = {
  readonly kind: "placement";
  readonly application: string;
  /** Targets of units that only the one side has, with machine numbers of the new bundle. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
};
export type MachineChange = {
  readonly kind: "machine";
  readonly change: Presence;
  readonly machine: string;
  readonly contents: readonly Content[];
};
export type MachineFieldChange = {
  readonly kind: "machine-base" | "machine-constraint";
  readonly machine: string;
  readonly name: string;
} & Sides;
export type RelationChange = {
  readonly kind: "relation";
  readonly change: Presence;
  readonly relation: string;
};
export type SaasChange = { readonly kind: "saas"; readonly name: string } & Sides;

/** One difference between what the two bundles deploy. */
export type Change =
  | ApplicationChange
  | FieldChange
  | EntryChange
  | PlacementChange
  | MachineChange
  | MachineFieldChange
  | RelationChange
  | SaasChange;

/** Something that is spelled differently without being known to differ; it does not count as a difference. */
export type Note = {
  readonly kind: "revision" | "channel" | "base" | "storage" | "resource" | "not-compared";
  readonly application: string;
  readonly name: string;
  readonly why: string;
} & Sides;

export const absent: Shown = { state: "absent" };
export const value = (text: string): Shown => ({ state: "value", text });

/** The application of a change, or nothing where it belongs to none. */
export const applicationOf = (change: Change): string | undefined =>
  "application" in change ? change.application : undefined;
