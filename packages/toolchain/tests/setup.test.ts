import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { rememberFailure } from "../download.ts";
import { projectRoot } from "../environment.ts";
import type { Part } from "../parts.ts";
import { setUp } from "../setup.ts";
import { halfOf, officialInto, type TestProject, testProject, workingInstaller } from "./support/project.ts";
import { rejectionOf } from "./support/rejected.ts";
import { temporaryDirectory } from "./support/temporary.ts";

const origins = (parts: readonly Part[]) =>
  Object.fromEntries(parts.map(({ name, origin }) => [name, origin] as const));
const pathOf = (parts: readonly Part[], name: string) => parts.find((part) => part.name === name)?.path;
const calls = ({ goCalls }: TestProject) =>
  existsSync(goCalls) ? readFileSync(goCalls, "utf8").trim().split("\n").length : 0;

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

  it("builds the engine and uses stand-ins when nothing official can be had", async () => {
    const project = testProject(directory());
    const parts = await setUp(project.layout, project.tools);
    expect(origins(parts)).to.deep.equal({
      node: "official",
      pulumi: "built here",
      "pulumi-language-nodejs": "stand-in",
      "pulumi-resource-pulumi-nodejs": "official",
      "pulumi-resource-command": "stand-in",
    });
    for (const { path } of parts) expect(existsSync(path), path).to.equal(true);
    expect(project.report.join("\n")).to.match(/no download after [\d.]+ s: no network/);
    expect(readdirSync(project.layout.temporary)).to.deep.equal([]);
  });

  it("does nothing the second time, and neither downloads nor builds again for a lost record", async () => {
    const project = testProject(directory());
    await setUp(project.layout, project.tools);
    project.report.length = 0;
    await setUp(project.layout, project.tools);
    expect(project.report).to.deep.equal([]);
    rmSync(project.layout.record);
    await setUp(project.layout, project.tools);
    expect(project.report.join("\n")).to.contain(
      "it failed before (no network, at 2026-01-02T03:04:05.000Z)",
    );
    expect(calls(project)).to.equal(1);
  });

  it("builds anew when go.sum has changed, or the binary is not the one that was built", async () => {
    const project = testProject(directory());
    await setUp(project.layout, project.tools);
    writeFileSync(join(project.layout.root, "packages/toolchain/engine/go.sum"), "other");
    const parts = await setUp(project.layout, project.tools);
    expect(calls(project)).to.equal(2);
    writeFileSync(pathOf(parts, "pulumi") ?? "", "half");
    await setUp(project.layout, project.tools);
    expect(calls(project)).to.equal(3);
  });

  it("uses an official CLI on PATH as it is, and downloads nothing", async () => {
    const project = testProject(directory());
    const bin = join(directory(), "bin");
    await officialInto(bin);
    const parts = await setUp(project.layout, project.tools);
    expect(pathOf(parts, "pulumi")).to.equal(join(bin, "pulumi"));
    expect(origins(parts)).to.include({ pulumi: "official", "pulumi-language-nodejs": "official" });
    expect(project.report.join("\n")).not.to.contain("downloading pulumi");
    expect(calls(project)).to.equal(0);
  });

  it("notices an official CLI that is installed later", async () => {
    const project = testProject(directory());
    await setUp(project.layout, project.tools);
    await officialInto(join(project.home, ".pulumi/bin"));
    expect(origins(await setUp(project.layout, project.tools)).pulumi).to.equal("official");
  });

  it("does not take a script, half a CLI, or one without its language host for an official CLI", async () => {
    const project = testProject(directory());
    const bin = join(project.home, ".pulumi/versions/3.259.0/bin");
    halfOf(process.execPath, join(bin, "pulumi"));
    await officialInto(join(project.home, ".pulumi/bin"));
    rmSync(join(project.home, ".pulumi/bin/pulumi-language-nodejs"));
    writeFileSync(join(directory(), "bin/pulumi"), "#!/bin/sh\necho v3.259.0\n", { mode: 0o755 });
    const parts = await setUp(project.layout, project.tools);
    expect(origins(parts).pulumi).to.equal("built here");
    const said = project.report.join("\n");
    expect(said).to.contain(`${join(bin, "pulumi")} is not usable`);
    expect(said).to.contain("has no pulumi-language-nodejs beside it");
  });

  it("downloads into the place of the npm package, over half an installation", async () => {
    const project = testProject(directory());
    const versionsDirectory = join(project.home, ".pulumi/versions");
    halfOf(process.execPath, join(versionsDirectory, "3.259.0/bin/pulumi"));
    writeFileSync(join(versionsDirectory, ".3.259.0-999999999-1"), "of a killed run");
    const parts = await setUp(project.layout, { ...project.tools, installer: await workingInstaller() });
    expect(pathOf(parts, "pulumi")).to.equal(join(versionsDirectory, "3.259.0/bin/pulumi"));
    expect(readdirSync(versionsDirectory)).to.deep.equal(["3.259.0"]);
    expect(calls(project)).to.equal(0);
  });

  it("does not believe an installer that reports success and leaves no CLI", async () => {
    const project = testProject(directory());
    const parts = await setUp(project.layout, { ...project.tools, installer: ["/bin/sh", "-c", "exit 0"] });
    expect(origins(parts).pulumi).to.equal("built here");
    expect(project.report.join("\n")).to.contain("what was downloaded does not run");
  });

  it("tries a failed download again when asked to", async () => {
    const project = testProject(directory());
    await setUp(project.layout, project.tools);
    const installer = await workingInstaller();
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

  it("recovers from kill -9 in the middle of a build", async () => {
    const project = testProject(directory(), "[ -e $HOME/fast ] || { touch $HOME/started; exec sleep 30; }");
    rememberFailure(project.layout, "pulumi", "a test", new Date());
    const killed = startSetUp(project);
    while (!existsSync(join(project.home, "started"))) await sleep(20);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    process.kill(Number(readFileSync(project.goCalls, "utf8")), "SIGKILL"); // the sleep that took the place of go
    expect(existsSync(project.layout.lock)).to.equal(true);
    expect(readdirSync(project.layout.temporary)).to.have.length(1);

    writeFileSync(join(project.home, "fast"), "");
    const parts = await setUp(project.layout, project.tools);
    expect(origins(parts).pulumi).to.equal("built here");
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
    expect(calls(project)).to.equal(1);
  });
});
