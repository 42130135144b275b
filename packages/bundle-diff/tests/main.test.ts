import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { Command, CommanderError } from "commander";
import { execa } from "execa";
import { addBundleDiff } from "../command.ts";
import { samplePath } from "./support/bundles.ts";

const program = resolve(import.meta.dirname, "../main.ts");

const run = async (
  ...args: readonly string[]
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...args], { reject: false });
  return { exitCode, stdout, stderr };
};

describe("addBundleDiff", () => {
  it("makes a command of another program compare bundles", async () => {
    const written: string[] = [];
    const codes: number[] = [];
    const program = new Command("openstack-lab").exitOverride().configureOutput({
      writeOut: (text) => written.push(text),
      writeErr: (text) => written.push(text),
    });
    const command = addBundleDiff(program.command("bundle-diff"), { exit: (code) => codes.push(code) });
    const compare = (...args: readonly string[]) =>
      program.parseAsync(["bundle-diff", ...args], { from: "user" });
    const [yoga, caracal] = [samplePath("jammyYoga"), samplePath("caracal")];
    await compare(yoga, yoga);
    await compare(yoga, caracal, "--markdown");
    await compare(yoga, "/nowhere.yaml");
    expect(codes).to.deep.equal([0, 4, 1]);
    expect(written[0]).to.include("Same: ");
    expect(written[1]).to.match(/^# Bundle difference\n/);
    expect(written[2]).to.include("no such file or directory");
    expect(command.helpInformation()).to.include("openstack-lab bundle-diff [options] <old> <new>");
    const refused = await compare(yoga).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(CommanderError);
  });
});

describe("bundle-diff, the command", function () {
  // Each test starts a few processes, on a machine that may be busy.
  this.timeout(60_000);
  let directory = "";

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "bundle-diff-"));
  });

  after(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  };

  it("ends with 0 for the same and prints so", async () => {
    const { exitCode, stdout, stderr } = await run(samplePath("jammyYoga"), samplePath("jammyYoga"));
    expect(stdout).to.include("Same: both bundles deploy the same thing.");
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: "" });
  });

  it("ends with 4 for yoga and caracal, and folds what the release brings", async () => {
    const { exitCode, stdout, stderr } = await run(samplePath("jammyYoga"), samplePath("caracal"));
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 4, stderr: "" });
    expect(stdout).to.include(
      "Different: 27 differences from the release upgrade yoga → 2024.1 (caracal), 2 others to look at.",
    );
    expect(stdout).to.match(/ceph-osd\n {4}~ option osd-devices {2}\/dev\/sdb \/dev\/vdb → \/dev\/vdb\n/);
    expect(stdout).to.match(
      /ovn-chassis\n {4}~ option bridge-interface-mappings {2}to-be-set → br-ex:enp7s0\n/,
    );
    expect(stdout).to.match(/channel +yoga\/stable → 2024\.1\/stable {2}\(10\)\n/);
  });

  it("finds only what is real between a bundle and the export of its model", async () => {
    const { exitCode, stdout } = await run("--json", samplePath("export"), samplePath("jammyYoga"));
    expect(exitCode).to.equal(4);
    const { changes } = JSON.parse(stdout);
    expect(changes.map(({ kind }: { kind: string }) => kind)).to.deep.equal([
      "offer",
      "machine-constraint",
      "machine-constraint",
      "machine-constraint",
    ]);
  });

  it("takes a run directory for the bundle in it", async () => {
    const runDirectory = join(directory, "run");
    await mkdir(runDirectory, { recursive: true });
    await writeFile(join(runDirectory, "bundle-pre-destroy.yaml"), "applications: {a: {charm: a}}\n");
    const same = await file("same.yaml", "applications: {a: {charm: 'ch:a'}}\n");
    const other = await file("other.yaml", "applications: {a: {charm: b}}\n");
    expect((await run(runDirectory, same)).exitCode).to.equal(0);
    expect((await run(other, runDirectory)).exitCode).to.equal(4);
  });

  it("means paths from where the operator typed them", async () => {
    await file("here.yaml", "applications: {a: {charm: a}}\n");
    const compare = async (cwd: string) =>
      (await execa(process.execPath, [program, "here.yaml", "./here.yaml"], { reject: false, cwd })).exitCode;
    expect(await compare(directory)).to.equal(0);
    expect(await compare(import.meta.dirname)).to.equal(1);
  });

  it("lays overlays over either side", async () => {
    const base = await file("base.yaml", "applications: {a: {charm: a}}\n");
    const overlay = await file("overlay.yaml", "applications: {a: {bindings: {'': oam}}}\n");
    expect((await run(base, base, "--overlay", overlay)).exitCode).to.equal(4);
    expect((await run(base, base, "--old-overlay", overlay, "--overlay", overlay)).exitCode).to.equal(0);
  });

  it("ends with 1 and names every problem of both sides at once", async () => {
    const juju = await file(
      "status.yaml",
      "model: {name: m}\ncontroller: {timestamp: x}\napplications: {}\n",
    );
    const { exitCode, stdout, stderr } = await run(
      join(directory, "nowhere.yaml"),
      juju,
      "--overlay",
      directory,
    );
    expect(exitCode).to.equal(1);
    expect(stdout).to.equal("");
    expect(stderr).to.include("nowhere.yaml\n    found:    no such file or directory");
    expect(stderr).to.include("expected: a run directory, which holds bundle-pre-destroy.yaml");
    expect(stderr).to.include("next:     ls -l ");
    expect(stderr).not.to.match(/ at .*\.ts:\d+/);
    const second = await run(juju, await file("text.yaml", "hello"));
    expect(second.exitCode).to.equal(1);
    expect(second.stderr)
      .to.include("2 problems")
      .and.to.include("the output of `juju status`")
      .and.to.include("no YAML mapping");
  });

  it("ends with 1 for files that are not bundles, without a crash", async () => {
    const good = await file("good.yaml", "applications: {}\n");
    const bad: ReadonlyArray<readonly [string, string | Uint8Array, string]> = [
      ["empty", "", "no YAML mapping"],
      ["binary", new Uint8Array([0xff, 0xfe, 0x00, 0x80]), "bytes that are not UTF-8 text"],
      ["huge", "#".repeat(3_000_000), "more than 2 MB"],
      ["deep", `applications: ${"[".repeat(20_000)}`, "not valid YAML"],
      ["broken", "applications: {", "not valid YAML"],
      [
        "bomb",
        `a: &a [${"x,".repeat(9)}]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${`*${i === 0 ? "a" : `b${i - 1}`},`.repeat(9)}]`).join("\n")}\napplications: {}`,
        "once its YAML anchors are resolved",
      ],
    ];
    for (const [name, content, found] of bad) {
      const { exitCode, stderr } = await run(good, await file(name, content));
      expect(exitCode, name).to.equal(1);
      expect(stderr, name).to.include(found);
    }
    const device = await run(good, "/dev/null");
    expect(device.exitCode).to.equal(1);
    expect(device.stderr).to.include("not a regular file");
  });

  it("ends with 2 for a command line that it does not understand", async () => {
    const wrong: ReadonlyArray<readonly [readonly string[], string]> = [
      [[], "missing required argument 'old'"],
      [["a"], "missing required argument 'new'"],
      [["a", "b", "c"], "too many arguments. Expected 2 arguments but got 3"],
      [["a", "b", "--colour"], "unknown option '--colour'"],
      [["a", "b", "--json", "--html"], "option '--json' cannot be used with option '--html'"],
      [["a", "b", "--markdown", "--html"], "option '--markdown' cannot be used with option '--html'"],
      [["a", "b", "--json=x"], "unknown option '--json=x'"],
      [["a", "b", "--overlay"], "option '--overlay <file>' argument missing"],
    ];
    for (const [args, found] of wrong) {
      const { exitCode, stderr } = await run(...args);
      expect(exitCode, found).to.equal(2);
      expect(stderr).to.include(found).and.to.include("--help");
    }
  });

  it("never acts on the terminal with what a file is named or holds", async () => {
    const name = await file("evil\u001b[31m.yaml", 'applications: {"a\\e[2J": {charm: "b\\e[0m"}}');
    const other = await file("plain.yaml", "applications: {}\n");
    const { exitCode, stdout } = await run(name, other);
    expect(exitCode).to.equal(4);
    const failed = await run(`${name}-missing`, other);
    expect(failed.exitCode).to.equal(1);
    for (const output of [stdout, failed.stderr]) {
      expect(output).to.include("\\u{1b}");
      expect(output).not.to.include("\u001b");
    }
  });

  it("explains itself with examples", async () => {
    const { exitCode, stdout } = await run("--help");
    expect(exitCode).to.equal(0);
    expect(stdout).to.include("Examples").and.to.include("bundle-diff ~/backups").and.to.include("Exit code");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).to.be.at.most(112);
  });

  it("does not mind a reader that leaves early", async () => {
    const result = await execa(
      `"${process.execPath}" "${program}" --json "${samplePath("export")}" "${samplePath("caracal")}" | head -n 1`,
      { shell: true, reject: false },
    );
    expect(result.stdout).to.equal("{");
    expect(result.stderr).to.equal("");
  });

  it("reads a pipe, such as a shell's <(juju export-bundle)", async () => {
    const path = samplePath("jammyYoga");
    const result = await execa(
      "bash",
      ["-c", 'exec "$0" "$1" "$2" <(cat "$2")', process.execPath, program, path],
      { reject: false },
    );
    expect(result.exitCode).to.equal(0);
  });
});
