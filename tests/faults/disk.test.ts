import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readJournal } from "../../teardown/run/journal.ts";
import type { Stack } from "../e2e/stack.ts";
import { noMounting } from "../needs.ts";
import { fill } from "./fill.ts";
import { on } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import { plan } from "./strike.ts";
import { destructive, failed, finishes, releasedOnce, says, untouched } from "./witness.ts";

const mountSmallDisk = (folder: string, size: string) => {
  mkdirSync(folder);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "none", folder]);
};
const remount = (folder: string, options: string) =>
  execFileSync("mount", ["-o", `remount,${options}`, folder], { stdio: "ignore" });
const unmount = (folder: string) => execFileSync("umount", ["-l", folder], { stdio: "ignore" });

const onDisk = (size: string, act: (stack: Stack, disk: string) => Promise<string>) =>
  on({}, async (stack) => {
    const disk = join(stack.directory, "disk");
    mountSmallDisk(disk, size);
    stack.configure({ backupRoot: disk });
    try {
      return await act(stack, disk);
    } finally {
      unmount(disk);
    }
  });

const all: Row[] = [
  {
    situation: "the backup root is read-only",
    expected: "stops untouched; elsewhere, the destroy finishes",
    quick: true,
    run: onDisk("4m", async (stack, disk) => {
      remount(disk, "ro");
      const said = says(failed(await stack.destroy()), /no run directory can be made in [^:]*: EROFS/);
      untouched(stack);
      const other = join(stack.directory, "other");
      return `${said}; nothing touched; with -c backupRoot: ${await finishes(stack, "-c", `backupRoot=${other}`)}`;
    }),
  },
  {
    situation: "the disk is full from the start",
    expected: "stops untouched; with space, the destroy finishes",
    run: onDisk("64k", async (stack, disk) => {
      fill(join(disk, "filler"));
      const said = says(failed(await stack.destroy()), /ENOSPC/);
      untouched(stack);
      remount(disk, "size=8m");
      return `${said}; nothing touched; then: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "the capture does not fit on the disk",
    expected: "stops untouched; with space, the destroy finishes",
    quick: false,
    run: onDisk("32k", async (stack, disk) => {
      const said = says(failed(await stack.destroy()), /ENOSPC/);
      untouched(stack);
      remount(disk, "size=8m");
      return `${said}; nothing touched; then: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "the disk is full right after the capture",
    expected: "nothing is destroyed that cannot be written down; with space, the next destroy finishes",
    run: onDisk("8m", async (stack, disk) => {
      const ended = plan(stack, {
        who: "disk",
        filler: join(disk, "filler"),
        nth: 1,
        at: "journal",
        event: "captured",
        when: "after",
      });
      const stopped = failed(await stack.destroy());
      expect(ended(), stopped.output).to.equal(true);
      const said = says(stopped, /the journal cannot be written: ENOSPC/);
      // The last page of the journal's file may have had room for a line or two.
      const [run = ""] = readdirSync(disk).filter((name) => name.startsWith("pre-caracal-destroy-"));
      const written = readJournal(join(disk, run, "journal.jsonl")).filter(({ event }) =>
        /^(release|destroy-model)-called$/.test(event),
      );
      expect(destructive(stack).length).to.be.at.most(written.length);
      rmSync(join(disk, "filler"));
      const end = await finishes(stack);
      return `${said}; nothing destroyed that was not written down; then: ${end}; ${releasedOnce(stack)}`;
    }),
  },
];

rows(import.meta.url, "faults", "The disk of the backups (a small tmpfs)", all, { missing: noMounting() });
