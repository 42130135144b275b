import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A PostgreSQL server of our own, on loopback. */
export type Postgres = {
  /** What Pulumi calls a backend; the password is not in it. */
  env: { PULUMI_BACKEND_URL: string; PGPASSWORD: string };
  stop: () => Promise<void>;
};

/** Where Debian's package puts the server; it is not on PATH there. */
const debianFolder = "/usr/lib/postgresql";

const findServer = (): string | undefined => {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder) : [];
  const newestFirst = versions.sort((one, other) => Number(other) - Number(one));
  const folders = [...newestFirst.map((version) => join(debianFolder, version, "bin")), ...pathFolders()];
  return folders.find((folder) => ["postgres", "initdb"].every((name) => existsSync(join(folder, name))));
};
const pathFolders = (): string[] => (process.env.PATH ?? "").split(":").filter(Boolean);

const isRoot = process.getuid?.() === 0;

/**
 * The folder of PostgreSQL's programs. On a Debian where it is missing, root installs the package; undefined where it is
 * neither there nor to be had.
 */
export const postgresFolder = (): string | undefined => {
  const found = findServer();
  if (found || !isRoot) return found;
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "--yes", "--no-install-recommends", "postgresql"];
  const { status } = spawnSync("apt-get", install, { env: environment, stdio: "ignore" });
  return status === 0 ? findServer() : undefined;
};

/** PostgreSQL refuses to be root: whom it runs as then. */
const unprivileged = (): { uid: number; gid: number } | undefined => {
  if (!isRoot) return undefined;
  const idOf = (flag: string) => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
  return { uid: idOf("-u"), gid: idOf("-g") };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
};

/** Starts a server with a data directory of its own, and waits until it answers. */
export const startPostgres = async (programs: string): Promise<Postgres> => {
  const who = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), "lab-postgres-"));
  chmodSync(folder, 0o700);
  const password = randomBytes(12).toString("hex");
  const secret = join(folder, "password");
  writeFileSync(secret, password, { mode: 0o600 });
  for (const path of who ? [folder, secret] : []) chownSync(path, who?.uid ?? 0, who?.gid ?? 0);

  const data = join(folder, "data");
  const made = spawnSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "pulumi", "--auth=scram-sha-256", "--pwfile", secret, "--no-sync", "-E", "UTF8"],
    { ...who, cwd: folder, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);

  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
  const server = spawn(
    join(programs, "postgres"),
    ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
    { ...who, cwd: folder, stdio: "ignore" },
  );
  const kill = () => server.kill("SIGQUIT");
  process.on("exit", kill);
  for (let tries = 0; ; tries++) {
    const asked = spawnSync(join(programs, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]);
    if (asked.status === 0) break;
    if (tries > 200 || server.exitCode !== null) throw new Error("PostgreSQL did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    env: {
      PULUMI_BACKEND_URL: `postgres://pulumi@127.0.0.1:${port}/postgres?sslmode=disable`,
      PGPASSWORD: password,
    },
    stop: async () => {
      process.off("exit", kill);
      if (server.exitCode === null) {
        // Does not wait for clients to leave.
        server.kill("SIGINT");
        await once(server, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
