import { z } from "zod";
import { quoted } from "../text/quoted.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What each permission names, as the operator is told to give it, and which names can be right. */
const permissions = {
  /** Models that may be destroyed without a bundle: gone, or with nothing left to export. */
  withoutBundle: { form: "<model uuid>", names: uuid },
  /** Machines that were deleted from MAAS. */
  acceptDeleted: { form: "<system_id>[,<system_id>]", names: undefined },
  /** Machines of the model that are destroyed with it although they are not in `machines`. */
  alsoDestroyed: {
    form: "<system_id | Juju instance id | model uuid:machine id>[,...]",
    names: undefined,
  },
  /** Machines that are released although neither MAAS nor Juju says that they are the model's; the owner must be the recorded one. */
  releaseUnclaimed: { form: "<system_id>[,<system_id>]", names: undefined },
  /** Models whose virtual machines Juju may delete from MAAS (juju/juju#22691). */
  acceptVmDeletion: { form: "<model uuid>", names: uuid },
  /** What may be adopted half destroyed: a model, or a lab whose model is `gone`. */
  adoptPartial: { form: '<model uuid or "gone">', names: new RegExp(`${uuid.source}|^gone$`) },
  /** Models whose end cannot be proved to this user, and is believed once this run has seen them dying. */
  acceptUnproven: { form: "<model uuid>", names: uuid },
  /** Controllers that are lost for ever: their models are taken for gone while they cannot be reached. */
  controllerLost: { form: "<controller uuid>", names: uuid },
} as const satisfies Record<string, { form: string; names: RegExp | undefined }>;

export type Permission = keyof typeof permissions;

/** What every permission names; an empty list permits nothing. */
export type Permissions = Record<Permission, string[]>;

// An engine hands a list over as JSON; nothing else of JSON is of use here, and a system_id may look like a number (12e456).
const fromText = (value: unknown): unknown => {
  if (typeof value !== "string" || !value.trim().startsWith("[")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

/** A permission's names: a comma-separated string. `false` and an empty list, the old ways to say no, name nothing. */
const named = ({ form, names }: (typeof permissions)[Permission]) =>
  z.preprocess(
    fromText,
    z.unknown().transform((value, context): string[] => {
      const problem = (message: string): string[] => {
        context.addIssue(message);
        return [];
      };
      if (value === undefined || value === null || value === false || value === "false") return [];
      if (value === true || value === "true") return problem(`must name what it permits: ${form}, not true`);
      if (Array.isArray(value)) {
        return value.length === 0
          ? []
          : problem(`must be a comma-separated string of ids: ${form}, not a list`);
      }
      if (typeof value !== "string" && typeof value !== "number") return problem(`must be a string: ${form}`);
      const listed = String(value)
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean);
      const wrong = listed.find((name) => (names ? !names.test(name) : /\s/.test(name)));
      return wrong === undefined
        ? [...new Set(listed)]
        : problem(`must be ${form}, not ${JSON.stringify(wrong)}`);
    }),
  );
type Named = ReturnType<typeof named>;

/** The permissions, to be spread into the schema of all settings. */
export const permissionShape = Object.fromEntries(
  Object.entries(permissions).map(([key, kind]) => [key, named(kind).default([])]),
) as Record<Permission, z.ZodDefault<Named>>;

/** How a permission is given, for the operator. */
export const howToPermit = (key: Permission): string => `pulumi config set ${key} '${permissions[key].form}'`;

/** Whether a key is one of the permissions. */
export const isPermission = (key: string): key is Permission => Object.hasOwn(permissions, key);

/** How names are permitted for one destroy, beside those that are permitted already. */
export const permit = (given: Partial<Permissions>, key: Permission, names: readonly string[]): string =>
  `pulumi destroy -c ${quoted(`${key}=${[...new Set([...(given[key] ?? []), ...names])].join(",")}`)}`;
