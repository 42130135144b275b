import type { OptionValue } from "./read/scalar.ts";

/** A storage directive, `pool,count,size`; `undefined` is a part that was left out. `size` in MiB. */
export type StorageDirective = {
  readonly pool: string | undefined;
  readonly count: number | undefined;
  readonly size: number | undefined;
};

/** A charm resource: a revision in the charm's store, or anything else (a local path, an OCI image). */
export type Resource = { readonly revision: number } | { readonly source: string };

/** An application as a bundle means it, however it was spelled. `undefined` is "the charm's default". */
export type Application = {
  readonly charm: string | undefined;
  readonly revision: number | undefined;
  readonly channel: string | undefined;
  readonly base: string | undefined;
  readonly units: number;
  /** The placement directives as written, in order; see `placementPerUnit`. */
  readonly to: readonly string[];
  readonly trust: boolean;
  readonly options: ReadonlyMap<string, OptionValue>;
  readonly constraints: ReadonlyMap<string, string>;
  readonly bindings: ReadonlyMap<string, string>;
  readonly storage: ReadonlyMap<string, StorageDirective>;
  readonly devices: ReadonlyMap<string, string>;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly offers: ReadonlyMap<string, string>;
  readonly exposedEndpoints: ReadonlyMap<string, string>;
  /** Keys that this tool does not compare, as JSON text. */
  readonly unknown: ReadonlyMap<string, string>;
};

export type Machine = {
  readonly base: string | undefined;
  readonly constraints: ReadonlyMap<string, string>;
};

/** One end of a relation. `endpoint` is absent where the bundle leaves it to Juju. */
export type RelationEnd = { readonly application: string; readonly endpoint: string | undefined };

/** Two ends, in the order of their text, so that a pair has one spelling. */
export type Relation = readonly [RelationEnd, RelationEnd];

export type Bundle = {
  readonly applications: ReadonlyMap<string, Application>;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly relations: readonly Relation[];
  readonly saas: ReadonlyMap<string, string>;
};
