import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { projectRoot } from "../../packages/toolchain/environment.ts";

const commands = ["plan", "verify", "watch", "report", "audit", "bundle-diff"];

describe("openstack-lab", function () {
  this.timeout(60_000);
  const run = (...argv: string[]) =>
    execa(process.execPath, [join(projectRoot, "commands/main.ts"), ...argv], { reject: false });

  it("is what `npx openstack-lab` runs in a checkout, by whatever Node the machine has", async () => {
    const { stdout, exitCode } = await execa("npx", ["openstack-lab", "--help"], { cwd: projectRoot });
    expect(exitCode).to.equal(0);
    for (const command of commands) expect(stdout).to.contain(`  ${command} `);
  });

  for (const command of commands) {
    it(`explains ${command} with examples and exit codes, within 112 columns`, async () => {
      const { stdout, exitCode } = await run(command, "--help");
      expect(exitCode).to.equal(0);
      expect(stdout).to.contain(`Usage: openstack-lab ${command} `);
      expect(stdout).to.contain(`\n  openstack-lab ${command}`).and.to.contain("Exit code");
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).to.be.at.most(112);
    });
  }

  it("ends with 2 and points to --help when it is used wrongly", async () => {
    for (const argv of [["nope"], ["plan", "--wrong"], ["plan", "--json", "--markdown"], ["report"]]) {
      const { exitCode, stdout, stderr } = await run(...argv);
      expect([exitCode, stdout], argv.join(" ")).to.deep.equal([2, ""]);
      expect(stderr).to.contain("--help");
    }
  });

  it("ends with 1 and says what to type where there is no pulumi", async () => {
    const empty = mkdtempSync(join(tmpdir(), "no-pulumi-"));
    try {
      const { exitCode, stderr } = await execa(
        process.execPath,
        [join(projectRoot, "commands/main.ts"), "plan"],
        { env: { PATH: empty }, reject: false },
      );
      expect(exitCode).to.equal(1);
      expect(stderr).to.contain("no `pulumi` on PATH").and.to.not.contain("    at ");
    } finally {
      rmSync(empty, { recursive: true });
    }
  });

  it("does not mind a reader that leaves early", async () => {
    const { stderr } = await execa(
      `"${process.execPath}" "${join(projectRoot, "commands/main.ts")}" --help | head -n 1`,
      { shell: true, reject: false },
    );
    expect(stderr).to.equal("");
  });
});
