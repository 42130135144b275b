import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A fresh directory for each test of the surrounding describe(), removed afterwards. */
export const temporaryDirectory = (): (() => string) => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "run-test-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  return () => directory;
};

/** Does something on a small disk of its own, which only root can mount; skips the test otherwise. */
export const onSmallDisk = (
  context: Mocha.Context,
  directory: string,
  options: string,
  work: (disk: string, remount: (options: string) => void) => void,
): void => {
  const disk = join(directory, "disk");
  mkdirSync(disk);
  const mount = (more: string) => spawnSync("mount", ["-t", "tmpfs", "-o", more, "tmpfs", disk]);
  if (mount(options).status !== 0) context.skip();
  try {
    work(disk, (more) => {
      if (spawnSync("mount", ["-o", `remount,${more}`, disk]).status !== 0) throw new Error("cannot remount");
    });
  } finally {
    spawnSync("umount", [disk]);
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
