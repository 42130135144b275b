import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inspect } from "node:util";
import { expect } from "chai";
import { type MaasCredentialsOptions, maasCredentials } from "../../../teardown/clients/maas-credentials.ts";
import { errorOf } from "./support/maas.ts";

const key = ["consumer-key-1", "token-key-1", "token-secret-1"];
const url = "http://maas.example:5240/MAAS/api/2.0/";
const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

type Row = { name: string; data: unknown; asText?: boolean };
const profile = (name: string, more: Record<string, unknown> = {}): Row => ({
  name,
  data: { name, url, credentials: key, description: { hash: "x" }, cacerts: null, ...more },
});

describe("MAAS credentials", () => {
  let home = "";
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "maas-home-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const debDatabase = (): string => join(home, ".maascli.db");
  const snapDatabase = (): string => join(home, "snap", "maas", "current", ".maascli.db");
  const writeDatabase = (path: string, rows: Row[]): void => {
    mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE profiles (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, data BLOB)");
    const insert = database.prepare("INSERT INTO profiles (name, data) VALUES (?, ?)");
    for (const { name, data, asText } of rows) {
      const text = typeof data === "string" ? data : JSON.stringify(data);
      insert.run(name, asText ? text : Buffer.from(text));
    }
    database.close();
  };
  const command = (script: string): string => {
    const path = join(home, "maas-command");
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const find = (options: MaasCredentialsOptions = {}): ReturnType<typeof maasCredentials> =>
    maasCredentials({ home, binary: join(home, "no-such-maas"), ...options });

  it("takes what is given explicitly, and looks nowhere", async () => {
    expect(await find({ url, apiKey: key.join(":") })).to.deep.equal({
      url: "http://maas.example:5240/MAAS",
      apiKey: key.join(":"),
      from: "the configuration",
    });
  });

  it("does not take a key without a URL, nor a key that is none", async () => {
    expect(await errorOf(find({ apiKey: key.join(":") }))).to.have.property("code", "config");
    expect(await errorOf(find({ url, apiKey: "hunter2" }))).to.have.property("code", "config");
  });

  it("finds the only profile of the deb's database, as bytes or as text", async () => {
    for (const asText of [false, true]) {
      writeDatabase(debDatabase(), [{ ...profile("admin"), asText }]);
      expect(await find()).to.deep.equal({
        url: "http://maas.example:5240/MAAS",
        apiKey: key.join(":"),
        from: `profile admin in ${debDatabase()}`,
        profile: "admin",
      });
      rmSync(debDatabase());
    }
  });

  it("brings the certificate authority of the profile along", async () => {
    writeDatabase(debDatabase(), [profile("admin", { cacerts: pem })]);
    expect(await find()).to.have.property("ca", pem);
  });

  it("looks into the snap's database when the deb's has no such profile", async () => {
    writeDatabase(debDatabase(), [profile("lab")]);
    writeDatabase(snapDatabase(), [profile("admin")]);
    expect(await find({ profile: "admin" })).to.have.property("from", `profile admin in ${snapDatabase()}`);
  });

  it("finds a profile by its URL, however it is written", async () => {
    writeDatabase(debDatabase(), [profile("other", { url: "http://elsewhere/MAAS" }), profile("admin")]);
    expect(await find({ url: "http://maas.example:5240/MAAS" }))
      .to.have.property("from")
      .that.contains("profile admin");
  });

  it("does not choose between several", async () => {
    writeDatabase(debDatabase(), [profile("admin"), profile("jesse")]);
    const error = await errorOf(find());
    expect(error).to.have.property("code", "config");
    expect(error.message).to.contain("admin").and.contain("jesse").and.not.contain("token-secret-1");
    expect(await find({ profile: "jesse" }))
      .to.have.property("from")
      .that.contains("profile jesse");
  });

  it("leaves the database as it is", async () => {
    writeDatabase(debDatabase(), [profile("admin")]);
    chmodSync(debDatabase(), 0o400);
    const before = statSync(debDatabase()).mtimeMs;
    await find();
    expect(statSync(debDatabase()).mtimeMs).to.equal(before);
  });

  it("asks `maas list` when there is no database", async () => {
    const binary = command(`[ "$*" = list ] && echo "lab ${url} ${key.join(":")}"`);
    expect(await find({ binary })).to.deep.equal({
      url: "http://maas.example:5240/MAAS",
      apiKey: key.join(":"),
      from: "profile lab in `maas list`",
      profile: "lab",
    });
  });

  it("asks no `maas list` that could know no more than the database", async () => {
    writeDatabase(debDatabase(), [profile("other")]);
    const binary = command(`touch "${home}/asked"; echo "admin ${url} ${key.join(":")}"`);
    expect(await errorOf(find({ binary, profile: "admin" }))).to.have.property("code", "missing");
    expect(existsSync(join(home, "asked"))).to.equal(false);
  });

  it("gives `maas list` the variables that it needs, and none that may hold a secret", async () => {
    const { PATH = "" } = process.env;
    const needed = {
      PATH,
      HOME: home,
      USER: "me",
      LANG: "C",
      LC_ALL: "C",
      XDG_RUNTIME_DIR: "/x",
      SNAP_NAME: "y",
      TMPDIR: "/t",
    };
    const env = {
      ...needed,
      PULUMI_CONFIG_PASSPHRASE: "1",
      PGPASSWORD: "2",
      AWS_SECRET_ACCESS_KEY: "3",
      MY_HOME: "4",
    };
    const binary = command(`env | sort > "${home}/env"; echo "lab ${url} ${key.join(":")}"`);
    await find({ binary, env });
    const names = readFileSync(join(home, "env"), "utf8").match(/^\w+(?==)/gm) ?? [];
    // Those of the shell itself.
    expect(names.filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name))).to.have.members(
      Object.keys(needed),
    );
  });

  it("ends a hanging `maas list` when it is stopped", async () => {
    const stop = new AbortController();
    const asked = errorOf(find({ binary: command("exec sleep 600"), signal: stop.signal }));
    setTimeout(() => stop.abort(), 200);
    const began = performance.now();
    expect(await asked).to.have.property("code", "interrupted");
    expect(performance.now() - began).to.be.below(2000);
  });

  it("asks `maas list` when the database is broken", async () => {
    writeFileSync(
      debDatabase(),
      "not a database, but something long enough to be looked at as one".repeat(50),
    );
    const binary = command(`echo "lab ${url} ${key.join(":")}"`);
    expect(await find({ binary })).to.have.property("from", "profile lab in `maas list`");
  });

  it("names every place it looked at, and how to log in", async () => {
    writeDatabase(debDatabase(), [profile("other")]);
    const error = await errorOf(find({ profile: "admin" }));
    expect(error).to.have.property("code", "missing");
    expect(error.message)
      .to.contain(`${debDatabase()}: has other (${url})`)
      .and.contain(`${snapDatabase()}: does not exist`)
      .and.contain("maas login admin")
      .and.not.contain("maas list");
    rmSync(debDatabase());
    expect((await errorOf(find())).message).to.contain("`maas list`: there is no maas command");
  });

  it("never repeats a key, however broken the place is", async () => {
    const broken = `{"url": "${url}", "credentials": ["a","b","token-secret-1"], `;
    writeDatabase(debDatabase(), [{ name: "admin", data: broken }]);
    const binary = command(`echo "token-secret-1"; echo "token-secret-1" >&2; exit 3`);
    const error = await errorOf(find({ binary }));
    expect(error.message).to.contain("1 profile(s) cannot be read").and.contain("exit code 3");
    expect(inspect(error, { depth: 9, showHidden: true })).not.to.contain("token-secret-1");
  });

  it("does not wait for a `maas list` that hangs", async () => {
    const error = await errorOf(find({ binary: command("exec sleep 600"), limit: 100 }));
    expect(error.message).to.contain("did not end within 0.1 s");
  });

  it("says so when the login is an anonymous one", async () => {
    writeDatabase(debDatabase(), [profile("admin", { credentials: null })]);
    const error = await errorOf(find());
    expect(error).to.have.property("code", "missing");
    expect(error.message).to.contain("no API key").and.contain("maas login admin");
  });
});
