import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { itUnless, noMounting } from "../../needs.ts";

/** A fresh directory for each test of the surrounding describe(), removed afterwards. */
export const temporaryDirectory = (): (() => string) => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "run-test-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  return () => directory;
};

/** `it` for a test on a small disk of its own. */
export const itOnSmallDisk = itUnless(noMounting());

/** Does something on a small disk of its own. */
export const onSmallDisk = (
  directory: string,
  options: string,
  work: (disk: string, remount: (options: string) => void) => void,
): void => {
  const disk = join(directory, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]);
  try {
    work(disk, (more) => execFileSync("mount", ["-o", `remount,${more}`, disk]));
  } finally {
    execFileSync("umount", [disk]);
  }
};

export type Worker = {
  pid: number;
  line: () => Promise<string>;
  kill: () => Promise<void>;
  say: (text: string) => void;
};

/** A process of its own that runs these lines of an ES module. */
export const worker = (lines: string, argv: string[] = []): Worker => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", lines, ...argv], {
    cwd: join(import.meta.dirname, "..", "..", ".."),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const output = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    line: async () => {
      const { value, done } = await output.next();
      if (done) throw new Error("the process ended without another line");
      return value;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    say: (text) => void child.stdin.write(`${text}\n`),
  };
};
