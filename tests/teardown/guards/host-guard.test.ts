import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { hostGuard } from "../../../teardown/guards/host-guard.ts";
import { host, settingsWith } from "../support/fakes.ts";

describe("host guard", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "host-guard-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const guard = (settings: Record<string, unknown> = {}, here: Partial<typeof host> = {}) =>
    hostGuard(settingsWith({ backupRoot: join(root, "backups"), ...settings }), { ...host, ...here });

  it("is content on the right host as the right user, and makes the backup root for its owner alone", () => {
    expect(guard().map(({ guard, verdict, subject }) => [guard, verdict, subject])).to.deep.equal([
      ["host", "ok", "vopenstack-jesse"],
      ["user", "ok", "jessea123"],
      ["backup root", "ok", join(root, "backups")],
    ]);
    expect(statSync(join(root, "backups")).mode & 0o777).to.equal(0o700);
    expect(readdirSync(join(root, "backups"))).to.deep.equal([]);
  });

  it("knows the host by its short name, in any letters", () => {
    for (const name of ["vopenstack-jesse.example.org", "VOpenStack-Jesse"]) {
      expect(guard({ host: name })[0]?.verdict, name).to.equal("ok");
      expect(guard({}, { hostname: name })[0]?.verdict, name).to.equal("ok");
    }
    expect(guard({ host: "vopenstack" })[0]?.verdict).to.equal("refused");
  });

  it("refuses another host, with where to log in", () => {
    expect(guard({ host: "other" })[0]).to.deep.equal({
      guard: "host",
      subject: "vopenstack-jesse",
      verdict: "refused",
      found: "is not the host from which this lab is torn down",
      expected: "other",
      next: "log in to other, or correct `host` in the stack's configuration",
    });
  });

  it("refuses another user, with as whom to log in", () => {
    expect(guard({}, { user: "root" })[1]).to.deep.equal({
      guard: "user",
      subject: "root",
      verdict: "refused",
      found: "is not the user who tears this lab down",
      expected: "jessea123",
      next: "log in as jessea123, or correct `user` in the stack's configuration",
    });
    expect(guard({}, { user: "JesseA123" })[1]?.verdict).to.equal("refused");
  });

  it("refuses a backup root that cannot be made, with the folder to mend", () => {
    writeFileSync(join(root, "file"), "");
    const [, , finding] = guard({ backupRoot: join(root, "file", "deep", "backups") });
    expect(finding).to.include({
      guard: "backup root",
      verdict: "refused",
      expected: "a folder for the captured files",
    });
    expect(finding?.found).to.match(/^cannot be written to: .*ENOTDIR/);
    expect(finding?.next).to.equal(`mend ${join(root, "file")}, or: pulumi destroy -c backupRoot=<folder>`);
  });
});
