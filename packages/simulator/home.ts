import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describeApi } from "./maas/description.ts";

/** The directory of a lab: a home for the two clients, their stand-ins, and what to source in a shell. */
export type LabHome = { readonly dir: string; readonly env: Readonly<Record<string, string>> };

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A program that stands in for `name`, run by this very Node whatever `node` is on the caller's PATH. */
const writeStandIn = async (bin: string, name: string): Promise<void> => {
  const script = fileURLToPath(new URL(`bin/${name}`, import.meta.url));
  const file = join(bin, name);
  const command = [process.execPath, "--disable-warning=ExperimentalWarning", script].map(quote).join(" ");
  await writeFile(file, `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(file, 0o755);
};

/**
 * The profile database of the `maas` CLI: `.maascli.db`, mode 0600, one row a profile whose data is JSON.
 * Source: maascli 3.6.
 */
export const writeProfiles = async (
  file: string,
  profiles: readonly { name: string; url: string; key: string }[],
): Promise<void> => {
  await rm(file, { force: true });
  await writeFile(file, "", { mode: 0o600 });
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE profiles (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, data BLOB)");
  const insert = database.prepare("INSERT INTO profiles (name, data) VALUES (?, ?)");
  for (const { name, url, key } of profiles) {
    const description = describeApi(new URL(url).origin);
    insert.run(name, JSON.stringify({ name, url, credentials: key.split(":"), description, cacerts: null }));
  }
  database.close();
};

/** Makes the directory of a lab: `home/` with both clients' files, `bin/`, and `env.sh`. */
export const makeHome = async (
  dir: string,
  lab: { url: string; maasUrl: string; profile: string; key: string; extra: Record<string, string> },
): Promise<LabHome> => {
  const home = join(dir, "home");
  const bin = join(dir, "bin");
  const jujuData = join(home, ".local", "share", "juju");
  await mkdir(jujuData, { recursive: true });
  await mkdir(bin, { recursive: true });
  await writeProfiles(join(home, ".maascli.db"), [
    { name: lab.profile, url: `${lab.maasUrl}/MAAS/api/2.0/`, key: lab.key },
  ]);
  for (const name of ["maas", "juju"]) await writeStandIn(bin, name);
  const env = { HOME: home, JUJU_DATA: jujuData, SIMULATED_LAB_URL: lab.url, ...lab.extra };
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`);
  await writeFile(join(dir, "env.sh"), [`export PATH=${quote(bin)}:"$PATH"`, ...exports, ""].join("\n"));
  return { dir, env: { ...env, PATH: `${bin}:${process.env.PATH ?? ""}` } };
};
