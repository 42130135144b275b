import type { Bundle } from "../model.ts";
import type { RawBundle } from "../read/shape.ts";
import { normaliseApplication } from "./application.ts";
import { firstBase } from "./base.ts";
import { normaliseConstraints } from "./constraints.ts";
import { normaliseRelations } from "./relations.ts";

/** The bundle as it is meant: every spelling of the same deployment gives the same value. */
export const normaliseBundle = (raw: RawBundle): Bundle => {
  // `base` at the top is no key of juju's, but is seen in bundles.
  const bases = [raw["default-base"], raw.base, raw.series];
  return {
    applications: new Map(
      [...raw.applications].map(([name, application]) => [name, normaliseApplication(application, bases)]),
    ),
    machines: new Map(
      [...raw.machines].map(([id, machine]) => [
        id,
        {
          base: firstBase(machine?.base, machine?.series, ...bases),
          constraints: normaliseConstraints(machine?.constraints),
        },
      ]),
    ),
    relations: normaliseRelations(raw.relations ?? []),
    saas: new Map([...raw.saas].map(([name, { url }]) => [name, url ?? ""])),
  };
};
