import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { openRun, type Run } from "../../teardown/run/run-directory.ts";
import { modelUuid, recordedLab } from "../teardown/support/fakes.ts";

const root = join(import.meta.dirname, "..", "..");
const stack = "unit";
// As the state keeps it.
const line = 'require("node:module").createRequire(process.cwd()+"/")("openstack-lab/late")("capture").run()';
const applications = { keystone: { charm: "keystone" } };

describe("the capture's own process, as the command plugin runs it", () => {
  let folder = "";
  let run: Run;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "capture-process-"));
    writeFileSync(join(folder, "export-bundle"), stringify({ applications }));
    writeFileSync(join(folder, "status"), stringify({ model: { name: "openstack" }, applications }));
    writeFileSync(join(folder, "models"), stringify({ models: [{ "model-uuid": modelUuid }] }));
    writeFileSync(join(folder, "juju"), '#!/bin/sh\ncat "$(dirname "$0")/$1"\n');
    chmodSync(join(folder, "juju"), 0o755);
    // A shell by the name of the engine: what it is asked to do is a script of that name.
    copyFileSync("/bin/sh", join(folder, "pulumi"));
    const program = [process.execPath, "-e", line, "p", stack].map((word) => `'${word}'`).join(" ");
    for (const operation of ["destroy", "up"])
      writeFileSync(join(folder, operation), `${program}\nexit $?\n`);
    writeFileSync(join(folder, "stack"), `echo ${stack}\n`);
    writeFileSync(join(folder, "config"), `cat <<'END'\n${JSON.stringify(configuration())}\nEND\n`);
    // It loads today's code from the folder of the stack.
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules", "openstack-lab"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = () => {
    const key = {
      backupRoot: join(folder, "backups"),
      backupLabel: "pre",
      project: "p",
      stack,
      modelUuid,
    };
    run = openRun(key, recordedLab());
  };
  const configuration = () => {
    const settings = {
      host: "lab-host",
      user: "operator",
      jujuModel: "openstack",
      jujuController: "maas-lab",
      maasProfile: "admin",
      machines: ["openstack0"],
      backupRoot: join(folder, "backups"),
      backupLabel: "pre",
    };
    return Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        `openstack-lab:${key}`,
        typeof value === "string"
          ? { value, secret: false }
          : { value: JSON.stringify(value), objectValue: value, secret: false },
      ]),
    );
  };
  const script = (operation = "destroy") =>
    spawnSync(join(folder, "pulumi"), [operation], {
      cwd: folder,
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
      encoding: "utf8",
    });

  it("takes the capture of the open run, and says in its last line what it took and where", () => {
    open();
    const { status, stdout, stderr } = script();
    expect(status, stderr).to.equal(0);
    expect(stdout.trimEnd().split("\n").at(-1)).to.match(/^captured 3 files in .*: .*pre-\d{8}T\d{6}Z$/);
    expect(stdout).to.match(/ {2}[0-9a-f]{12} +\d+ {2}bundle-pre-destroy\.yaml\n/);
    const checked = execFileSync("sha256sum", ["--check", "SHA256SUMS"], {
      cwd: run.directory,
      encoding: "utf8",
    });
    expect(checked.match(/: OK/g)).to.have.length(3);
  });

  it("captures nothing without a teardown that has begun: an `up` that comes this far stops here", () => {
    const { status, stdout, stderr } = script("up");
    expect(status).to.equal(1);
    expect(stdout).to.equal("");
    expect(stderr).to.match(
      /^no teardown has begun, so there is nothing to capture for; nothing was touched\n/,
    );
    expect(readdirSync(folder)).to.not.include("backups");
  });

  it("leaves the capture to what destroys when the run directory is lost since Preflight", () => {
    const { status, stdout, stderr } = script();
    expect([status, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.equal("no run directory yet: captured right before anything is destroyed\n");
  });

  it("fails in words when the capture cannot be verified", () => {
    open();
    writeFileSync(join(folder, "export-bundle"), "applications: {}\n");
    const { status, stderr } = script();
    expect(status).to.equal(1);
    expect(stderr).to.match(/^no verified capture: bundle-pre-destroy\.yaml holds no application\n/);
    expect(stderr).to.not.match(/^ +at /m);
  });
});
