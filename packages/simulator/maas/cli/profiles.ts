import { chmodSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";

const action = z.object({ name: z.string(), method: z.string(), op: z.string().nullable(), doc: z.string() });
const resource = z.object({
  name: z.string(),
  auth: z
    .object({ doc: z.string(), path: z.string(), params: z.array(z.string()), actions: z.array(action) })
    .nullable(),
});
const profileData = z.object({
  name: z.string(),
  url: z.string(),
  credentials: z.tuple([z.string(), z.string(), z.string()]),
  description: z.object({ resources: z.array(resource) }),
});

/** A login that the CLI remembers: where, with which key, and what can be done there. */
export type Profile = {
  readonly name: string;
  readonly url: string;
  readonly credentials: [string, string, string];
  readonly description: unknown;
  readonly handlers: readonly Handler[];
};

/** A handler of the API as a command: `machines`, `vm-host`. */
export type Handler = {
  readonly command: string;
  readonly doc: string;
  readonly path: string;
  readonly params: readonly string[];
  readonly operations: readonly { command: string; title: string; method: string; op: string | null }[];
};

/** `VmHostsHandler` is the command `vm-hosts`. */
const commandOf = (name: string): string =>
  name
    .replace(/Handler$/, "")
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-")
    .toLowerCase();

/** The handlers of an API description (`GET /describe/`). */
export const handlersOf = (description: unknown): Handler[] =>
  z
    .object({ resources: z.array(resource) })
    .parse(description)
    .resources.flatMap(({ name, auth }) =>
      auth
        ? [
            {
              command: commandOf(name),
              doc: auth.doc,
              path: auth.path,
              params: auth.params,
              operations: auth.actions.map((one) => ({
                command: one.name.replaceAll("_", "-"),
                title: one.doc.split("\n")[0] ?? "",
                method: one.method,
                op: one.op,
              })),
            },
          ]
        : [],
    );

const schema =
  "CREATE TABLE IF NOT EXISTS profiles (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, data BLOB)";

const withDatabase = <T>(file: string, work: (database: DatabaseSync) => T): T => {
  const isNew = !existsSync(file);
  const database = new DatabaseSync(file);
  try {
    if (isNew) chmodSync(file, 0o600);
    database.exec(schema);
    return work(database);
  } finally {
    database.close();
  }
};

/** The profiles of a database file, in the order of their logins. */
export const readProfiles = (file: string): Profile[] =>
  withDatabase(file, (database) =>
    database
      .prepare("SELECT data FROM profiles ORDER BY id")
      .all()
      .map(({ data }) => {
        const text = data instanceof Uint8Array ? Buffer.from(data).toString("utf8") : String(data);
        const parsed = profileData.parse(JSON.parse(text));
        return { ...parsed, handlers: handlersOf(parsed.description) };
      }),
  );

/** Remembers a login, in place of an older one of the same name. */
export const saveProfile = (file: string, profile: Omit<Profile, "handlers">): void =>
  withDatabase(file, (database) => {
    database.prepare("DELETE FROM profiles WHERE name = ?").run(profile.name);
    database
      .prepare("INSERT INTO profiles (name, data) VALUES (?, ?)")
      .run(profile.name, JSON.stringify({ ...profile, cacerts: null }));
  });

/** Forgets a login; one that is not there is no error. */
export const deleteProfile = (file: string, name: string): void =>
  withDatabase(file, (database) => {
    database.prepare("DELETE FROM profiles WHERE name = ?").run(name);
  });
