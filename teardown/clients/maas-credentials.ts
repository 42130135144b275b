import os from "node:os";
import { TeardownError } from "../errors.ts";
import { type Exec, execProgram } from "./exec.ts";
import { normalizeMaasUrl, parseMaasKey } from "./maas/access.ts";
import { databasesIn, listProfiles, type MaasProfile, type Place, readDatabase } from "./maas/profiles.ts";

/** `from` says where the key was found, fit for a message; `ca` is the profile's certificate authority (PEM), if it has one. */
export type MaasCredentials = { url: string; apiKey: string; from: string; ca?: string };

export type MaasCredentialsOptions = {
  /** With `apiKey`: taken as they are. Alone: the profile with this URL. */
  url?: string | undefined;
  apiKey?: string | undefined;
  /** A name from `maas list`. Not needed when there is only one profile. */
  profile?: string | undefined;
  home?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  exec?: Exec | undefined;
  binary?: string | undefined;
  /** ms for `maas list`, which takes about 4 s */
  limit?: number | undefined;
};

const loginHint = (profile: string | undefined, url: string | undefined): string =>
  `Log in with: maas login ${profile || "PROFILE"} ${url || "http://MAAS:5240/MAAS"} API_KEY   (the key: MAAS, user preferences, API keys)`;

const known = (profiles: MaasProfile[]): string =>
  profiles.map(({ name, url }) => `${name} (${url})`).join(", ");

const sameUrl = (profile: MaasProfile, url: string): boolean => {
  try {
    return normalizeMaasUrl(profile.url) === url;
  } catch {
    return false;
  }
};

const credentialsOf = (profile: MaasProfile, place: string): MaasCredentials => {
  if (profile.apiKey === undefined) {
    throw new TeardownError(
      "missing",
      `Profile ${profile.name} in ${place} has no API key (an anonymous login).\n${loginHint(profile.name, profile.url)}`,
    );
  }
  parseMaasKey(profile.apiKey);
  return {
    url: normalizeMaasUrl(profile.url),
    apiKey: profile.apiKey,
    from: `profile ${profile.name} in ${place}`,
    ...(profile.ca === undefined ? {} : { ca: profile.ca }),
  };
};

/**
 * Finds the MAAS API key: given explicitly, in the `maas` command's profile database (milliseconds), or through
 * `maas list` (seconds). Opens the database read-only, and never puts the key into a message.
 * @throws TeardownError `missing` when no place has a fitting profile (says what was looked at and how to log in), `config` when
 * several fit and none was named, or when what was given cannot be used
 */
export const maasCredentials = async (options: MaasCredentialsOptions): Promise<MaasCredentials> => {
  const url = options.url ? normalizeMaasUrl(options.url) : undefined;
  if (options.apiKey) {
    parseMaasKey(options.apiKey);
    if (url === undefined) {
      throw new TeardownError(
        "config",
        "A MAAS API key is given, but not the URL of its MAAS.\nGive both, or neither.",
      );
    }
    return { url, apiKey: options.apiKey, from: "the configuration" };
  }

  const looked: Place[] = [];
  const fitting = (place: Place): MaasProfile | undefined => {
    looked.push(place);
    const named = place.profiles.filter(({ name }) => !options.profile || name === options.profile);
    const fits = named.filter((profile) => url === undefined || sameUrl(profile, url));
    if (fits.length > 1) {
      throw new TeardownError(
        "config",
        `${place.place} holds several MAAS profiles that fit: ${known(fits)}.\nExpected the name of one of them in the configuration.`,
      );
    }
    return fits[0];
  };

  for (const path of databasesIn(options.home ?? os.homedir())) {
    const place = readDatabase(path);
    const profile = fitting(place);
    if (profile) return credentialsOf(profile, place.place);
  }
  const { exec = execProgram, binary = "maas", env = process.env, limit = 60_000 } = options;
  const place = await listProfiles(exec, binary, env, limit);
  const profile = fitting(place);
  if (profile) return credentialsOf(profile, place.place);

  const wanted = [options.profile ? `named ${options.profile}` : "", url ? `for ${url}` : ""].filter(
    (part) => part !== "",
  );
  const lines = looked.map(({ place, profiles, problem }) =>
    [`  ${place}:`, profiles.length > 0 ? `has ${known(profiles)}` : "", problem ?? ""]
      .filter(Boolean)
      .join(" "),
  );
  throw new TeardownError(
    "missing",
    `There is no MAAS profile ${wanted.join(" ") || "at all"}. Looked at:\n${lines.join("\n")}\n${loginHint(options.profile, url)}`,
  );
};
