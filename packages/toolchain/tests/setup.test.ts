import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { rememberFailure } from "../download.ts";
import { projectRoot } from "../environment.ts";
import { type Part, partNames } from "../parts.ts";
import { setUp } from "../setup.ts";
import {
  fakeCli,
  fakePlugin,
  goCalls,
  halfOf,
  officialInto,
  script,
  type TestProject,
  testProject,
  workingInstaller,
} from "./support/project.ts";
import { rejectionOf } from "./support/rejected.ts";
import { temporaryDirectory } from "./support/temporary.ts";

const origins = (parts: readonly Part[]) =>
  Object.fromEntries(parts.map(({ name, origin }) => [name, origin] as const));
const partOf = (parts: readonly Part[], name: string) => parts.find((part) => part.name === name);

/** What a shell with the PATH of `env` starts as `name`. */
const which = async (env: Record<string, string>, name: string): Promise<string> =>
  (await execa("/bin/sh", ["-c", `command -v ${name}`], { env, extendEnv: false })).stdout;

/** Each part in the table is the one that a shell, and Pulumi, come across first. */
const expectTruth = async ({ parts, env }: { parts: readonly Part[]; env: Record<string, string> }) => {
  const names = ["node", partNames.cli, partNames.languageHost, partNames.dynamicProvider];
  for (const { name, path } of parts.filter((part) => names.includes(part.name)))
    expect(realpathSync(await which(env, name)), name).to.equal(realpathSync(path));
  const plugin = partOf(parts, partNames.command);
  expect(plugin?.path).to.equal(
    join(env.PULUMI_HOME ?? "", "plugins/resource-command-v1.2.1/pulumi-resource-command"),
  );
  for (const { path } of parts) expect(existsSync(path), path).to.equal(true);
};

/** `make toolchain` of a test project as a process of its own. */
const startSetUp = ({ layout, env }: TestProject) =>
  spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `const { toolchainEnvironment } = await import(${JSON.stringify(`${projectRoot}/packages/toolchain/environment.ts`)});
       await toolchainEnvironment({ root: ${JSON.stringify(layout.root)} });`,
    ],
    { env: { ...env, NODE_NO_WARNINGS: "1" }, stdio: ["ignore", "ignore", "pipe"] },
  );

describe("setting up the toolchain", () => {
  const directory = temporaryDirectory();

  describe("says what runs", () => {
    it("with nothing there: CLI and language host are built, the plugin is a stand-in", async () => {
      const project = testProject(directory());
      const made = await project.setUp();
      expect(origins(made.parts)).to.deep.equal({
        node: "official",
        pulumi: "built here",
        "pulumi-language-nodejs": "built here",
        "pulumi-resource-pulumi-nodejs": "official",
        "pulumi-resource-command": "stand-in",
      });
      expect(partOf(made.parts, partNames.languageHost)?.version).to.equal("3.68.0");
      await expectTruth(made);
      expect(project.builds()).to.equal(2);
      expect(project.report.join("\n")).to.match(/no pulumi after [\d.]+ s: no network/);
      expect(readdirSync(project.layout.temporary)).to.deep.equal([]);
    });

    it("with an official CLI only: the language host is built", async () => {
      const project = testProject(directory());
      fakeCli(join(project.bin, "pulumi"));
      const made = await project.setUp();
      expect(origins(made.parts)).to.deep.include({
        pulumi: "official",
        "pulumi-language-nodejs": "built here",
        "pulumi-resource-command": "stand-in",
      });
      await expectTruth(made);
      expect(project.builds()).to.equal(1);
    });

    it("with an official CLI and language host, and the plugin's stand-in", async () => {
      const project = testProject(directory());
      officialInto(project.bin);
      const made = await project.setUp();
      expect(partOf(made.parts, partNames.cli)?.path).to.equal(join(project.bin, "pulumi"));
      expect(origins(made.parts)).to.include({
        "pulumi-language-nodejs": "official",
        "pulumi-resource-command": "stand-in",
      });
      expect(partOf(made.parts, partNames.dynamicProvider)?.path).to.equal(
        join(project.bin, partNames.dynamicProvider),
      );
      await expectTruth(made);
      expect(project.report.join("\n")).not.to.contain("downloading pulumi\n");
      expect(project.builds()).to.equal(0);
    });

    it("with official everything", async () => {
      const project = testProject(directory());
      officialInto(join(project.home, ".pulumi/bin"));
      fakePlugin(join(project.home, ".pulumi"));
      const made = await project.setUp();
      expect(new Set(made.parts.map(({ origin }) => origin))).to.deep.equal(new Set(["official"]));
      expect(made.env.PULUMI_HOME).to.equal(join(project.home, ".pulumi"));
      await expectTruth(made);
      expect(project.report).to.deep.equal([]);
    });

    for (const version of ["3.219.0", "3.274.1"])
      it(`with another version: ${version} is used, and named`, async () => {
        const project = testProject(directory());
        officialInto(project.bin, version);
        const made = await project.setUp();
        for (const name of [partNames.cli, partNames.languageHost])
          expect(partOf(made.parts, name)).to.include({ version, origin: "official" });
        await expectTruth(made);
      });

    for (const version of ["3.218.9", "2.300.0", "4.0.0"])
      it(`with another version: ${version} is not used, and why is said`, async () => {
        const project = testProject(directory());
        officialInto(project.bin, version);
        const made = await project.setUp();
        expect(origins(made.parts)).to.include({
          pulumi: "built here",
          "pulumi-language-nodejs": "built here",
        });
        await expectTruth(made);
        expect(project.report.join("\n")).to.contain(
          `${project.bin}/pulumi is pulumi ${version}, this project needs 3 from 3.219.0 on: not used`,
        );
      });

    it("with an official plugin or language host, although the CLI is built here", async () => {
      const project = testProject(directory());
      script(join(project.bin, "pulumi-language-nodejs"), "exit 0");
      fakePlugin(join(project.home, ".pulumi"));
      const made = await project.setUp();
      expect(origins(made.parts)).to.deep.include({
        pulumi: "built here",
        "pulumi-language-nodejs": "official",
        "pulumi-resource-command": "official",
      });
      await expectTruth(made);
    });
  });

  it("does nothing the second time, and neither downloads nor builds again for a lost record", async () => {
    const project = testProject(directory());
    await project.setUp();
    project.report.length = 0;
    await project.setUp();
    expect(project.report).to.deep.equal([]);
    rmSync(project.layout.record);
    await project.setUp();
    expect(project.report.join("\n")).to.contain(
      "it failed before (no network, at 2026-01-02T03:04:05.000Z)",
    );
    expect(project.builds()).to.equal(2);
  });

  it("builds anew when go.sum has changed, or the binary is not the one that was built", async () => {
    const project = testProject(directory());
    await project.setUp();
    writeFileSync(join(project.layout.root, "packages/toolchain/engine/go.sum"), "other");
    const { parts } = await project.setUp();
    expect(project.builds()).to.equal(3);
    writeFileSync(partOf(parts, partNames.cli)?.path ?? "", "half");
    await project.setUp();
    expect(project.builds()).to.equal(4);
  });

  it("notices what is installed or removed later", async () => {
    const project = testProject(directory());
    await project.setUp();
    const home = join(project.home, ".pulumi");
    officialInto(join(home, "bin"));
    expect(origins((await project.setUp()).parts).pulumi).to.equal("official");
    fakePlugin(home);
    expect(origins((await project.setUp()).parts)["pulumi-resource-command"]).to.equal("official");
    rmSync(home, { recursive: true });
    expect(origins((await project.setUp()).parts)).to.include({
      pulumi: "built here",
      "pulumi-resource-command": "stand-in",
    });
  });

  it("notices another PULUMI_HOME", async () => {
    const project = testProject(directory());
    const other = join(directory(), "other");
    fakePlugin(other);
    expect(origins((await project.setUp()).parts)["pulumi-resource-command"]).to.equal("stand-in");
    const made = await project.setUp({ PULUMI_HOME: other });
    expect(origins(made.parts)["pulumi-resource-command"]).to.equal("official");
    await expectTruth(made);
  });

  it("takes back what an earlier `make env` of the same shell said", async () => {
    const project = testProject(directory());
    const other = join(directory(), "other");
    const before = await project.setUp({ PULUMI_HOME: other });
    expect(before.env.PULUMI_HOME).to.equal(project.layout.home);
    expect(before.env).not.to.have.property("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION");
    fakePlugin(other);
    const after = await project.setUp(before.env);
    expect(after.env.PULUMI_HOME).to.equal(other);
    await expectTruth(after);
  });

  it("keeps the selected stack with the plugin's stand-in", async () => {
    const project = testProject(directory());
    const workspaces = join(project.home, ".pulumi/workspaces");
    mkdirSync(workspaces, { recursive: true });
    writeFileSync(join(workspaces, "lab-workspace.json"), "selected");
    const { env } = await project.setUp();
    expect(readFileSync(join(env.PULUMI_HOME ?? "", "workspaces/lab-workspace.json"), "utf8")).to.equal(
      "selected",
    );
  });

  it("works with a home that cannot be written", async () => {
    const project = testProject(directory());
    const { env } = await project.setUp({ HOME: "/dev/null" });
    expect(existsSync(join(env.PULUMI_HOME ?? "", "plugins"))).to.equal(true);
    mkdirSync(join(env.PULUMI_HOME ?? "", "workspaces"));
  });

  it("puts the project's Node before one that stands beside the CLI", async () => {
    const project = testProject(directory());
    officialInto(project.bin);
    script(join(project.bin, "node"), "echo v18.0.0");
    const { env } = await project.setUp();
    expect((await execa("/bin/sh", ["-c", "node --version"], { env, extendEnv: false })).stdout).to.equal(
      process.version,
    );
  });

  it("says why the plugin could not be downloaded", async () => {
    const project = testProject(directory());
    await project.setUp();
    expect(project.report.join("\n")).to.match(
      /no pulumi-resource-command after [\d.]+ s: error: failed all 5 attempts \(Error downloading plugin: no such host\)/,
    );
  });

  it("does not take half a CLI, or the npm package's script, for an official CLI", async () => {
    const project = testProject(directory());
    const half = join(project.home, ".pulumi/versions/3.259.0/bin/pulumi");
    halfOf(process.execPath, half);
    symlinkSync(join(projectRoot, "node_modules/pulumi/run.js"), join(project.bin, "pulumi"));
    expect(origins((await project.setUp()).parts).pulumi).to.equal("built here");
    expect(project.report.join("\n")).to.contain(`${half} does not run: not used`);
  });

  it("downloads into the place of the npm package, over half an installation", async () => {
    const project = testProject(directory());
    const versionsDirectory = join(project.home, ".pulumi/versions");
    halfOf(process.execPath, join(versionsDirectory, "3.259.0/bin/pulumi"));
    writeFileSync(join(versionsDirectory, ".3.259.0-999999999-1"), "of a killed run");
    const installer = workingInstaller(directory());
    const parts = await setUp(project.layout, { ...project.tools, installer });
    expect(partOf(parts, partNames.cli)?.path).to.equal(join(versionsDirectory, "3.259.0/bin/pulumi"));
    expect(readdirSync(versionsDirectory)).to.deep.equal(["3.259.0"]);
    expect(project.builds()).to.equal(0);
  });

  it("does not believe an installer that reports success and leaves no CLI", async () => {
    const project = testProject(directory());
    const parts = await setUp(project.layout, { ...project.tools, installer: ["/bin/sh", "-c", "exit 0"] });
    expect(origins(parts).pulumi).to.equal("built here");
    expect(project.report.join("\n")).to.contain("what was downloaded does not run");
  });

  it("tries a failed download again when asked to", async () => {
    const project = testProject(directory());
    await project.setUp();
    const installer = workingInstaller(directory());
    const same = await setUp(project.layout, { ...project.tools, installer });
    expect(origins(same).pulumi).to.equal("built here");
    const again = await setUp(project.layout, { ...project.tools, installer, retry: true });
    expect(origins(again).pulumi).to.equal("official");
  });

  it("says why a build failed, and records nothing", async () => {
    const broken = testProject(directory(), "echo 'checksum mismatch' >&2; exit 1");
    const failure = await rejectionOf(setUp(broken.layout, broken.tools));
    expect(failure).to.contain("Building pulumi 3.259.0 failed").and.to.contain("checksum mismatch");
    expect(existsSync(broken.layout.record)).to.equal(false);
  });

  it("says in one line that the npm packages are not installed", async () => {
    cpSync(join(projectRoot, "packages/toolchain"), join(directory(), "packages/toolchain"), {
      recursive: true,
    });
    const { exitCode, all } = await execa(process.execPath, ["packages/toolchain/main.ts"], {
      cwd: directory(),
      reject: false,
      all: true,
    });
    expect([exitCode, all]).to.deep.equal([1, "The npm packages are not installed. Type `make setup`."]);
  });

  it("starts the language host that it built with the project's Node and the nodeargs of Pulumi.yaml", async () => {
    const project = testProject(directory());
    const { parts } = await project.setUp();
    const host = partOf(parts, partNames.languageHost)?.path ?? "";
    const run = async () => {
      const { stdout } = await execa(host, ["127.0.0.1:1"], {
        cwd: directory(),
        env: { PATH: "/usr/bin:/bin" },
        extendEnv: false,
      });
      const [node = "", ...argv] = stdout.split("\n");
      return { node: realpathSync(node), argv };
    };
    expect(await run()).to.deep.equal({
      node: realpathSync(process.execPath),
      argv: ["-typescript=false", "-nodeargs=", "127.0.0.1:1"],
    });
    writeFileSync(
      join(directory(), "Pulumi.yaml"),
      "runtime:\n  name: nodejs\n  options:\n    nodeargs: --require ./a.cjs\n",
    );
    expect((await run()).argv).to.include("-nodeargs=--require ./a.cjs");
  });

  it("recovers from kill -9 in the middle of a build", async () => {
    const project = testProject(directory(), "[ -e $HOME/fast ] || { touch $HOME/started; exec sleep 30; }");
    rememberFailure(project.layout, "pulumi", "a test", new Date());
    const killed = startSetUp(project);
    while (!existsSync(join(project.home, "started"))) await sleep(20);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    process.kill(Number(readFileSync(goCalls(directory()), "utf8")), "SIGKILL"); // the sleep that took the place of go
    expect(existsSync(project.layout.lock)).to.equal(true);
    expect(readdirSync(project.layout.temporary)).to.have.length(1);

    writeFileSync(join(project.home, "fast"), "");
    expect(origins((await project.setUp()).parts).pulumi).to.equal("built here");
    expect(readdirSync(project.layout.temporary)).to.deep.equal([]);
    expect(existsSync(project.layout.lock)).to.equal(false);
  });

  it("builds once when two set-ups run at the same time, and says who is waited for", async () => {
    const project = testProject(
      directory(),
      "touch $HOME/started; until [ -e $HOME/go-on ]; do sleep 0.05; done",
    );
    rememberFailure(project.layout, "pulumi", "a test", new Date());
    const first = startSetUp(project);
    while (!existsSync(join(project.home, "started"))) await sleep(20);
    const second = startSetUp(project);
    let said = "";
    second.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
    });
    const exits = Promise.all([once(first, "exit"), once(second, "exit")]);
    while (!said.includes("waiting for process")) await sleep(20);
    writeFileSync(join(project.home, "go-on"), "");
    expect(await exits).to.deep.equal([
      [0, null],
      [0, null],
    ]);
    expect(said).to.contain(`waiting for process ${first.pid}`);
    expect(project.builds()).to.equal(2);
  });
});
