import { existsSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { TeardownError } from "../errors.ts";
import { type Exec, execProgram } from "./exec.ts";
import { normalizeMaasUrl, parseMaasKey } from "./maas/access.ts";

/**
 * `from` says where the key was found, fit for a message; `profile` is its login's name, and `ca` the login's certificate authority
 * (PEM), if it has one.
 */
export type MaasCredentials = { url: string; apiKey: string; from: string; profile?: string; ca?: string };

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
  /** Ends a `maas list` at once. */
  signal?: AbortSignal | undefined;
};

/** A login of the `maas` command. `apiKey` is undefined for an anonymous one. */
type Profile = { name: string; url: string; apiKey: string | undefined; ca: string | undefined };

/** What one place holds; `problem` says why there is nothing, or not everything. */
type Place = {
  place: string;
  profiles: Profile[];
  problem?: string;
  state: "absent" | "read" | "unreadable";
};

const dataSchema = z.object({
  url: z.string(),
  credentials: z.tuple([z.string(), z.string(), z.string()]).nullish(),
  cacerts: z.unknown(),
});

const pem = (value: unknown): string | undefined =>
  typeof value === "string" && value.includes("-----BEGIN CERTIFICATE-----") ? value : undefined;

const profileOf = (name: string, data: unknown): Profile | undefined => {
  const text = data instanceof Uint8Array ? Buffer.from(data).toString("utf8") : String(data);
  try {
    const { url, credentials, cacerts } = dataSchema.parse(JSON.parse(text));
    return { name, url, apiKey: credentials?.join(":"), ca: pem(cacerts) };
  } catch {
    // Not even the cause may be kept: it would repeat a part of the data, and with it the key.
    return undefined;
  }
};

const readDatabase = (place: string): Place => {
  if (!existsSync(place)) return { place, profiles: [], problem: "does not exist", state: "absent" };
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(place, { readOnly: true });
    const rows = database.prepare("SELECT name, data FROM profiles ORDER BY id").all();
    const all = rows.map((row) => profileOf(String(row.name), row.data));
    const profiles = all.filter((profile) => profile !== undefined);
    const unreadable = all.length - profiles.length;
    if (unreadable > 0)
      return { place, profiles, problem: `${unreadable} profile(s) cannot be read`, state: "unreadable" };
    return { place, profiles, ...(profiles.length === 0 && { problem: "holds no profile" }), state: "read" };
  } catch (error) {
    const problem = error instanceof Error ? error.message : "cannot be read";
    return { place, profiles: [], problem, state: "unreadable" };
  } finally {
    database?.close();
  }
};

// Neither the passphrase and settings of Pulumi nor the keys of clouds and databases.
const passedOn = /^(PATH|HOME|USER|LANG|TMPDIR|LC_\w+|XDG_\w+|SNAP\w*)$/;

/** `maas list` prints `name url consumer:token:secret` for each profile. */
const listProfiles = async (options: MaasCredentialsOptions): Promise<Place> => {
  const { exec = execProgram, binary = "maas", env = process.env, limit = 20_000, signal } = options;
  const named = Object.fromEntries(Object.entries(env).filter(([name]) => passedOn.test(name)));
  const answer = await exec({ binary, args: ["list"], env: named, limit, maxBytes: 1_000_000, signal });
  if (answer.end === "aborted")
    throw new TeardownError("interrupted", "`maas list` was stopped before it answered.");
  const place = "`maas list`";
  const nothing = (problem: string): Place => ({ place, profiles: [], problem, state: "unreadable" });
  if (answer.end === "no-binary") return nothing("there is no maas command");
  if (answer.end === "limit") return nothing(`did not end within ${limit / 1000} s`);
  // Neither stream is shown: both may hold keys.
  if (answer.end !== "exited" || answer.code !== 0)
    return nothing(`failed (${answer.code === undefined ? answer.end : `exit code ${answer.code}`})`);
  const profiles = answer.stdout.split(/\r?\n/).flatMap((line): Profile[] => {
    const [name, url, apiKey] = line.trim().split(/\s+/);
    return name && url && URL.canParse(url) ? [{ name, url, apiKey, ca: undefined }] : [];
  });
  return profiles.length > 0 ? { place, profiles, state: "read" } : nothing("shows no profile");
};

const loginHint = (profile: string | undefined, url: string | undefined): string =>
  `Log in with: maas login ${profile || "PROFILE"} ${url || "http://MAAS:5240/MAAS"} API_KEY   (the key: MAAS, user preferences, API keys)`;

const known = (profiles: Profile[]): string => profiles.map(({ name, url }) => `${name} (${url})`).join(", ");

const sameUrl = (profile: Profile, url: string): boolean => {
  try {
    return normalizeMaasUrl(profile.url) === url;
  } catch {
    return false;
  }
};

const credentialsOf = ({ name, url, apiKey, ca }: Profile, place: string): MaasCredentials => {
  if (apiKey === undefined) {
    throw new TeardownError(
      "missing",
      `Profile ${name} in ${place} has no API key (an anonymous login).\n${loginHint(name, url)}`,
    );
  }
  parseMaasKey(apiKey);
  const from = `profile ${name} in ${place}`;
  return { url: normalizeMaasUrl(url), apiKey, from, profile: name, ...(ca === undefined ? {} : { ca }) };
};

/**
 * Finds the MAAS API key: given explicitly, in the `maas` command's profile databases (milliseconds), or, where these cannot be
 * read, through `maas list` (seconds; at most 20 s). Opens the databases read-only, and never puts the key into a message.
 * @throws TeardownError `missing` when no place has a fitting profile (says what was looked at and how to log in), `config` when
 * several fit and none was named, or when what was given cannot be used, `interrupted` when the signal ended `maas list`
 */
export const maasCredentials = async (options: MaasCredentialsOptions): Promise<MaasCredentials> => {
  const url = options.url ? normalizeMaasUrl(options.url) : undefined;
  if (options.apiKey) {
    parseMaasKey(options.apiKey);
    if (url !== undefined) return { url, apiKey: options.apiKey, from: "the configuration" };
    throw new TeardownError(
      "config",
      "A MAAS API key is given, but not the URL of its MAAS.\nGive both, or neither.",
    );
  }

  const fitting = ({ place, profiles }: Place): MaasCredentials | undefined => {
    const named = profiles.filter(({ name }) => !options.profile || name === options.profile);
    const [first, ...more] = named.filter((profile) => url === undefined || sameUrl(profile, url));
    if (first && more.length > 0) {
      throw new TeardownError(
        "config",
        `${place} holds several MAAS profiles that fit: ${known([first, ...more])}.\nExpected the name of one of them in the configuration.`,
      );
    }
    return first && credentialsOf(first, place);
  };

  // The deb's client keeps them in the home; the snap's in its own, since a strictly confined snap does not see the real one.
  // (maascli 3.6.5, run for real)
  const home = options.home ?? os.homedir();
  const looked: Place[] = [];
  for (const path of [join(home, ".maascli.db"), join(home, "snap", "maas", "current", ".maascli.db")]) {
    const place = readDatabase(path);
    looked.push(place);
    const found = fitting(place);
    if (found) return found;
  }
  // Where the databases can be read the command knows no more than they do.
  if (looked.every(({ state }) => state === "absent") || looked.some(({ state }) => state === "unreadable")) {
    const place = await listProfiles(options);
    looked.push(place);
    const found = fitting(place);
    if (found) return found;
  }

  const wanted = [options.profile ? `named ${options.profile}` : "", url ? `for ${url}` : ""].filter(Boolean);
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
