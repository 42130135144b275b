import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { projectRoot, toolchainEnvironment } from "../environment.ts";
import { script } from "./support/project.ts";
import { temporaryDirectory } from "./support/temporary.ts";

describe("installing the npm packages", () => {
  const directory = temporaryDirectory();
  const stamp = () => join(directory(), "node_modules/.installed");
  const calls = () => join(directory(), "npm-calls");

  /** Runs the script in a project whose `npm` notes its arguments and makes node_modules. */
  const install = (npmBody = "") => {
    for (const file of ["install-packages.sh", "node-version.cjs"]) {
      mkdirSync(join(directory(), "packages/toolchain"), { recursive: true });
      copyFileSync(
        join(projectRoot, "packages/toolchain", file),
        join(directory(), "packages/toolchain", file),
      );
    }
    if (!existsSync(join(directory(), "package-lock.json")))
      writeFileSync(join(directory(), "package-lock.json"), "1");
    script(
      join(directory(), "bin/npm"),
      `[ "$1" = --version ] && exit 0\necho "$@" >> ${calls()}\nmkdir -p node_modules\n${npmBody}`,
    );
    return execa("/bin/sh", ["packages/toolchain/install-packages.sh"], {
      cwd: directory(),
      env: { PATH: `${join(directory(), "bin")}:${dirname(process.execPath)}:/usr/bin:/bin` },
      extendEnv: false,
      reject: false,
    });
  };
  const npmCalls = () => readFileSync(calls(), "utf8").trim().split("\n");

  it("runs npm ci without install scripts, once for a lock file", async () => {
    expect((await install()).exitCode).to.equal(0);
    expect((await install()).stderr).to.equal("");
    expect(npmCalls()).to.have.length(1);
    expect(npmCalls()[0]).to.match(/^ci --ignore-scripts /);
  });

  it("runs it again when the lock file has changed or node_modules is gone", async () => {
    await install();
    writeFileSync(join(directory(), "package-lock.json"), "2");
    await install();
    expect(npmCalls()).to.have.length(2);
    await execa("rm", ["-r", join(directory(), "node_modules")]);
    await install();
    expect(npmCalls()).to.have.length(3);
  });

  it("fails with npm, says so, and does not count as done", async () => {
    const { exitCode, stderr } = await install("echo 'npm error registry' >&2; exit 1");
    expect(exitCode).to.equal(1);
    expect(stderr).to.contain("npm error registry").and.to.contain("packages: npm ci failed");
    expect(existsSync(stamp())).to.equal(false);
  });

  it("installs once when two start at the same time", async () => {
    const both = await Promise.all([install("sleep 0.5"), install("sleep 0.5")]);
    expect(both.map(({ exitCode }) => exitCode)).to.deep.equal([0, 0]);
    expect(npmCalls()).to.have.length(1);
  });

  it("finds all dependencies in package-lock.json: `pulumi install` changes nothing", async () => {
    const files = globSync(
      ["package.json", "package-lock.json", "packages/*/package.json", "Pulumi.yaml", "index.ts"],
      {
        cwd: projectRoot,
      },
    );
    for (const file of files) {
      mkdirSync(dirname(join(directory(), file)), { recursive: true });
      copyFileSync(join(projectRoot, file), join(directory(), file));
    }
    symlinkSync(join(projectRoot, "node_modules"), join(directory(), "node_modules"));
    const { env, pulumi } = await toolchainEnvironment();
    // npm only compares the two files, and writes a lock file that lacks something anew.
    const { exitCode, all } = await execa(pulumi, ["install", "--non-interactive"], {
      cwd: directory(),
      env: {
        ...env,
        npm_config_package_lock_only: "true",
        npm_config_offline: "true",
        npm_config_ignore_scripts: "true",
      },
      reject: false,
      all: true,
    });
    expect(exitCode, all).to.equal(0);
    for (const file of files)
      expect(readFileSync(join(directory(), file), "utf8"), file).to.equal(
        readFileSync(join(projectRoot, file), "utf8"),
      );
  }).timeout(60_000);
});
