import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { Exec } from "../exec.ts";

/** A login of the `maas` command. `apiKey` is undefined for an anonymous one. */
export type MaasProfile = { name: string; url: string; apiKey: string | undefined; ca: string | undefined };

/** What one place holds: its profiles, or why there are none to be had. */
export type Place = { place: string; profiles: MaasProfile[]; problem?: string };

/**
 * Where the `maas` command keeps its profiles: the deb's client in the home, the snap's in its own home, since a strictly
 * confined snap does not see the real one. (maascli 3.6.5, run for real)
 */
export const databasesIn = (home: string): string[] => [
  join(home, ".maascli.db"),
  join(home, "snap", "maas", "current", ".maascli.db"),
];

const dataSchema = z.object({
  url: z.string(),
  credentials: z.tuple([z.string(), z.string(), z.string()]).nullish(),
  cacerts: z.unknown(),
});

const pem = (value: unknown): string | undefined =>
  typeof value === "string" && value.includes("-----BEGIN CERTIFICATE-----") ? value : undefined;

const profileOf = (name: string, data: unknown): MaasProfile | undefined => {
  const text = data instanceof Uint8Array ? Buffer.from(data).toString("utf8") : String(data);
  try {
    const { url, credentials, cacerts } = dataSchema.parse(JSON.parse(text));
    return { name, url, apiKey: credentials?.join(":"), ca: pem(cacerts) };
  } catch {
    // Not even the cause may be kept: it would repeat a part of the data, and with it the key.
    return undefined;
  }
};

/** Reads a profile database, read-only. Never throws; what is wrong is the place's `problem`. */
export const readDatabase = (path: string): Place => {
  if (!existsSync(path)) return { place: path, profiles: [], problem: "does not exist" };
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare("SELECT name, data FROM profiles ORDER BY id").all();
    const read = rows.map((row) => profileOf(String(row.name), row.data));
    const profiles = read.filter((profile) => profile !== undefined);
    const unreadable = read.length - profiles.length;
    if (unreadable > 0) return { place: path, profiles, problem: `${unreadable} profile(s) cannot be read` };
    return profiles.length > 0
      ? { place: path, profiles }
      : { place: path, profiles, problem: "holds no profile" };
  } catch (error) {
    return { place: path, profiles: [], problem: error instanceof Error ? error.message : "cannot be read" };
  } finally {
    database?.close();
  }
};

/**
 * `maas list` prints `name url consumer:token:secret` for each profile. Takes seconds, so it is the last place to look.
 * @param limit ms
 */
export const listProfiles = async (
  exec: Exec,
  binary: string,
  env: NodeJS.ProcessEnv,
  limit: number,
): Promise<Place> => {
  const place = "`maas list`";
  const answer = await exec({ binary, args: ["list"], env, limit, maxBytes: 1_000_000, signal: undefined });
  if (answer.end === "no-binary") return { place, profiles: [], problem: "there is no maas command" };
  if (answer.end === "limit") return { place, profiles: [], problem: `did not end within ${limit / 1000} s` };
  if (answer.end !== "exited" || answer.code !== 0) {
    // Neither stream is shown: both may hold keys.
    return {
      place,
      profiles: [],
      problem: `failed (${answer.code === undefined ? answer.end : `exit code ${answer.code}`})`,
    };
  }
  const profiles = answer.stdout.split(/\r?\n/).flatMap((line): MaasProfile[] => {
    const [name, url, apiKey] = line.trim().split(/\s+/);
    return name && url && URL.canParse(url) ? [{ name, url, apiKey, ca: undefined }] : [];
  });
  return profiles.length > 0 ? { place, profiles } : { place, profiles, problem: "shows no profile" };
};
