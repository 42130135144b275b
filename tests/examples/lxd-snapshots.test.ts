import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { projectRoot } from "../../packages/toolchain/environment.ts";

// As much of `lxc` as the script uses: instances and their snapshots are files.
const lxc = `#!/bin/sh
echo "$*" >> "$LXD/calls"
[ "$1 $2" = "--project maas" ] || { echo "Error: project" >&2; exit 1; }
shift 2
case "$1" in
  config) [ -e "$LXD/instances/\${3#vmhost1:}" ] || { echo "Error: Instance not found" >&2; exit 1; } ;;
  snapshot)
    [ ! -e "$LXD/full/\${2#vmhost1:}" ] || { echo "Error: no space left on device" >&2; exit 1; }
    mkdir -p "$LXD/instances/\${2#vmhost1:}" && touch "$LXD/instances/\${2#vmhost1:}/$3" ;;
  *) exit 64 ;;
esac
`;

describe("examples/snapshots/lxd.sh", () => {
  let lxd = "";
  beforeEach(() => {
    lxd = mkdtempSync(join(tmpdir(), "lxd-"));
    mkdirSync(join(lxd, "full"));
    for (const machine of ["openstack0", "openstack1"])
      mkdirSync(join(lxd, "instances", machine), { recursive: true });
    writeFileSync(join(lxd, "lxc"), lxc);
    chmodSync(join(lxd, "lxc"), 0o700);
  });
  afterEach(() => rmSync(lxd, { recursive: true, force: true }));

  const run = (env: Record<string, string> = {}) =>
    execa(join(projectRoot, "examples/snapshots/lxd.sh"), ["vmhost1:", "maas"], {
      env: {
        PATH: `${lxd}:/usr/bin:/bin`,
        LXD: lxd,
        MACHINES: "openstack0 openstack1",
        RUN_DIRECTORY: "/home/u/backups/pre-caracal-destroy-20260101T120000Z",
        ...env,
      },
      extendEnv: false,
      reject: false,
    });
  const snapshots = (machine: string) => readdirSync(join(lxd, "instances", machine));
  const name = "pre-caracal-destroy-20260101T120000Z";

  it("snapshots every machine under the name of the run directory", async () => {
    const { exitCode, stdout, stderr } = await run();
    expect([exitCode, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.equal(`openstack0: ${name}\nopenstack1: ${name}`);
    expect([snapshots("openstack0"), snapshots("openstack1")]).to.deep.equal([[name], [name]]);
  });

  it("fails when one cannot be snapshotted, and makes what is missing when it runs again", async () => {
    writeFileSync(join(lxd, "full/openstack1"), "");
    const failed = await run();
    expect(failed.exitCode).to.not.equal(0);
    expect(failed.stderr).to.contain("no space left on device");
    rmSync(join(lxd, "full/openstack1"));
    const { exitCode, stdout } = await run();
    expect(exitCode).to.equal(0);
    expect(stdout).to.equal(`openstack0: has ${name} already\nopenstack1: ${name}`);
  });

  it("touches none when one of them is no virtual machine there, or it was started by hand", async () => {
    const { exitCode, stderr } = await run({ MACHINES: "openstack0 capi-mgmt" });
    expect(exitCode).to.equal(1);
    expect(stderr).to.contain("capi-mgmt: is not in the project maas of vmhost1:");
    expect(readFileSync(join(lxd, "calls"), "utf8")).to.not.match(/ snapshot /);
    expect((await run({ MACHINES: "" })).exitCode).to.not.equal(0);
  });
});
