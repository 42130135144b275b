import { answers } from "./answers.ts";
import type { Region } from "./region.ts";
import { invalid, type Reply } from "./reply.ts";

/** What a single release was asked to do. */
export type ReleaseOptions = {
  readonly comment: string | null;
  readonly force: boolean;
  readonly erase: boolean;
};

/** Names that `scripts` may hold in the simulated lab. */
const knownScripts: readonly string[] = ["wipe-disks"];

const yes = ["true", "t", "yes", "y", "on", "1"];
const no = ["false", "f", "no", "n", "off", "0", ""];

/** A boolean as MAAS up to 3.4 reads it: undefined for text that is neither. */
const strict = (text: string): boolean | undefined =>
  yes.includes(text.toLowerCase()) ? true : no.includes(text.toLowerCase()) ? false : undefined;

/** A boolean as MAAS 3.5 and later read it: `no`, `off` and `0` are true. */
const lenient = (text: string): boolean => !["false", "False", ""].includes(text);

/**
 * The options of a release request, or MAAS's answer to those that it refuses.
 * Source: recorded from 3.4.8 and 3.6.5, which differ in how they read booleans.
 */
export const releaseOptions = (region: Region, form: URLSearchParams): ReleaseOptions | Reply => {
  const { flavour } = region;
  const flags: Record<string, boolean> = {};
  for (const name of ["erase", "secure_erase", "quick_erase", "force"]) {
    const text = form.get(name);
    const flag = text === null ? false : flavour.strictBooleans ? strict(text) : lenient(text);
    if (flag === undefined) return answers.badBoolean(name);
    flags[name] = flag;
  }
  const scripts = flavour.scripts ? form.getAll("scripts").flatMap((text) => text.split(",")) : [];
  const unknown = scripts.find((script) => !knownScripts.includes(script));
  if (unknown !== undefined)
    return invalid({ scripts: [`Select a valid choice. ${unknown} is not one of the available choices.`] });
  const wiped =
    flavour.eraseFlagsErase && (flags.quick_erase || flags.secure_erase || scripts.includes("wipe-disks"));
  return {
    comment: form.get("comment"),
    force: flags.force ?? false,
    erase: Boolean(flags.erase || wiped || region.settings.eraseOnRelease),
  };
};
