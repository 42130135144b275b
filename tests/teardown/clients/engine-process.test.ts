import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  type EngineProcess,
  engineProcess,
  identify,
  isAlive,
  lookByPs,
  lookInProc,
} from "../../../teardown/clients/engine-process.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const children: ChildProcess[] = [];
const started = (child: ChildProcess): number => {
  children.push(child);
  return child.pid ?? 0;
};
const ended = async (child: ChildProcess) => {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
};

// What a provider sees: asked by a process that was started by the given chain of programs.
const asker = `import { engineProcess, lookByPs } from "./teardown/clients/engine-process.ts";
console.log(JSON.stringify({ found: engineProcess() ?? null, argv: engineProcess()?.argv ?? [], byPs: engineProcess(lookByPs) ?? null }));`;
type Program = { argv0?: string; argv: string[] };

/** Starts each program from the one before, and asks from the last one. Each is a `node` under another name. */
const seenFrom = async (chain: Program[]) => {
  const relay = `
    const { spawn } = require("node:child_process");
    const [program, ...rest] = JSON.parse(process.env.CHAIN);
    const env = { ...process.env, CHAIN: JSON.stringify(rest) };
    const code = program ? ["-e", process.env.RELAY, "--", ...program.argv] : ["--input-type=module", "-e", process.env.ASKER];
    spawn(process.execPath, code, { env, stdio: "inherit", ...(program?.argv0 && { argv0: program.argv0 }) })
      .on("exit", (status) => process.exit(status));`;
  const env = { ...process.env, CHAIN: JSON.stringify(chain), RELAY: relay, ASKER: asker };
  const child = spawn(process.execPath, ["-e", relay], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += String(chunk);
  });
  await once(child, "close");
  return JSON.parse(text) as {
    found: EngineProcess | null;
    argv: string[];
    byPs: EngineProcess | null;
  };
};

describe("engine process: who a process is", () => {
  afterEach(() => Promise.all(children.splice(0).map(ended)));

  it("is its number and its start, and stays the same", () => {
    const me = identify(process.pid);
    expect(me).to.deep.equal(identify(process.pid));
    expect(me?.started).to.match(/^\d+$/);
  });

  it("is another one for each process", () => {
    const pid = started(spawn("sleep", ["60"]));
    expect(identify(pid)).to.include({ pid });
    expect(identify(pid)?.started).to.not.equal(identify(1)?.started);
  });

  it("is read rightly when the program's name holds blanks, brackets and numbers", () => {
    const folder = mkdtempSync(join(tmpdir(), "engine-"));
    try {
      const program = join(folder, "x) S 1 (2) 3");
      copyFileSync("/bin/sleep", program);
      const pid = started(spawn(program, ["60"]));
      const plain = started(spawn("sleep", ["60"]));
      const [odd, usual] = [Number(identify(pid)?.started), Number(identify(plain)?.started)];
      expect(usual - odd).to.be.within(0, 1_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("is nobody once the process is gone, and that one is not alive", async () => {
    const child = spawn("sleep", ["60"]);
    const who = identify(started(child));
    if (!who) throw new Error("sleep was not there");
    expect(isAlive(who)).to.equal(true);
    await ended(child);
    expect(identify(who.pid)).to.equal(undefined);
    expect(isAlive(who)).to.equal(false);
  });

  it("is not alive when its number is another process's now", () => {
    expect(isAlive({ pid: process.pid, started: "1" })).to.equal(false);
    expect(isAlive({ pid: process.pid, started: "" })).to.equal(true);
  });
});

describe("engine process: the engine above a provider", () => {
  it("is the pulumi among its ancestors, with its whole command line", async () => {
    const { found, argv } = await seenFrom([
      { argv0: "/opt/pulumi/pulumi", argv: ["destroy", "--yes", "-c", "a=b c"] },
      { argv0: "sh", argv: ["pulumi-resource-pulumi-nodejs"] },
    ]);
    expect(found?.argv[0]).to.equal("/opt/pulumi/pulumi");
    expect(found?.argv.slice(-4)).to.deep.equal(["destroy", "--yes", "-c", "a=b c"]);
    expect(argv).to.deep.equal(found?.argv);
    expect(found?.started).to.match(/^\d+$/);
  });

  it("is the topmost one when one pulumi was started by another", async () => {
    const { argv } = await seenFrom([
      { argv0: "pulumi", argv: ["up"] },
      { argv0: "pulumi", argv: ["plugin", "run"] },
    ]);
    expect(argv.slice(-1)).to.deep.equal(["up"]);
  });

  it("is not a program that is only named like it, or has it among its arguments", async () => {
    const { found, argv } = await seenFrom([
      { argv0: "pulumi-language-nodejs", argv: ["pulumi"] },
      { argv0: "/pulumi/bash", argv: ["pulumi", "destroy"] },
    ]);
    expect(found).to.equal(null);
    expect(argv).to.deep.equal([]);
  });

  it("has the folder it runs in and the file it runs", async () => {
    const { found } = await seenFrom([{ argv0: "pulumi", argv: ["destroy"] }]);
    expect(found).to.include({ exact: true, cwd: root, binary: realpathSync(process.execPath) });
  });

  it("is found by ps as well, its arguments split at white space", async () => {
    const { found, byPs } = await seenFrom([
      { argv0: "pulumi", argv: ["destroy", "-m", "a b"] },
      { argv0: "sh", argv: ["pulumi-resource-pulumi-nodejs"] },
    ]);
    expect(byPs?.pid).to.equal(found?.pid);
    expect(byPs?.argv.slice(-4)).to.deep.equal(["destroy", "-m", "a", "b"]);
    expect(byPs).to.include({ exact: false, started: "" });
  });

  it("is never this process itself", () => {
    expect(engineProcess()?.pid).to.not.equal(process.pid);
  });
});

describe("engine process: the file that it runs", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "engine-"));
    copyFileSync("/bin/sleep", join(folder, "pulumi"));
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map(ended));
    rmSync(folder, { recursive: true, force: true });
  });

  it("is itself, or what /proc keeps of it once it was replaced", async () => {
    const file = join(folder, "pulumi");
    const child = spawn(file, ["60"], { cwd: folder });
    const pid = started(child);
    await once(child, "spawn");
    expect(lookInProc(pid)?.process).to.deep.include({ binary: file, cwd: folder, argv: [file, "60"] });
    rmSync(file);
    expect(lookInProc(pid)?.process.binary).to.equal(`/proc/${pid}/exe`);
  });

  it("is looked for along PATH where only ps tells of it, and not guessed from a relative path", async () => {
    const path = process.env.PATH;
    const binaryOf = async (argv0: string) => {
      const child = spawn(join(folder, "pulumi"), ["60"], { argv0 });
      const pid = started(child);
      await once(child, "spawn");
      return lookByPs(pid)?.process.binary;
    };
    try {
      process.env.PATH = `${folder}:${path}`;
      expect(await binaryOf("pulumi")).to.equal(join(folder, "pulumi"));
      expect(await binaryOf(join(folder, "pulumi"))).to.equal(join(folder, "pulumi"));
      expect(await binaryOf("./pulumi")).to.equal(undefined);
      expect(await binaryOf("/nowhere/pulumi")).to.equal(undefined);
    } finally {
      process.env.PATH = path;
    }
  });

  it("is nothing when the process is gone", async () => {
    const child = spawn("sleep", ["60"]);
    const pid = started(child);
    await ended(child);
    expect(lookByPs(pid)).to.equal(undefined);
    expect(lookInProc(pid)).to.equal(undefined);
  });
});
