import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { tryWriting, writeWhole } from "../../../teardown/run/files.ts";
import { itOnSmallDisk, onSmallDisk, temporaryDirectory } from "./support.ts";

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("files: written whole or not at all", () => {
  const directory = temporaryDirectory();

  it("writes what it was given, in place of what was there, and leaves nothing beside it", () => {
    const path = join(directory(), "a.yaml");
    writeFileSync(path, "old and longer than the new one");
    writeWhole(path, "näw\n");
    expect(readFileSync(path, "utf8")).to.equal("näw\n");
    expect(readdirSync(directory())).to.deep.equal(["a.yaml"]);
  });

  it("gives the owner alone the file, whatever the umask", () => {
    for (const umask of [0, 0o022, 0o277, 0o777]) {
      const before = process.umask(umask);
      try {
        writeWhole(join(directory(), `with-${umask}`), "secret");
      } finally {
        process.umask(before);
      }
      expect(modeOf(join(directory(), `with-${umask}`)), umask.toString(8)).to.equal(0o600);
    }
  });

  itOnSmallDisk("leaves the file as it was when the disk is full, even when a part would fit", () => {
    onSmallDisk(directory(), "size=64k", (disk) => {
      const path = join(disk, "bundle.yaml");
      writeWhole(path, "the old one");
      expect(() => writeWhole(path, "x".repeat(200_000))).to.throw(/ENOSPC/);
      expect(readFileSync(path, "utf8")).to.equal("the old one");
      expect(readdirSync(disk)).to.deep.equal(["bundle.yaml"]);
    });
  });

  it("leaves nothing behind when the target cannot be replaced", () => {
    const path = join(directory(), "a");
    mkdirSync(join(path, "in-the-way"), { recursive: true });
    expect(() => writeWhole(path, "x")).to.throw(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(directory())).to.deep.equal(["a"]);
  });
});

describe("files: whether a folder can be written to", () => {
  const directory = temporaryDirectory();

  it("is content with one that can, and leaves it as it was", () => {
    expect(tryWriting(directory())).to.equal(undefined);
    expect(readdirSync(directory())).to.deep.equal([]);
  });

  itOnSmallDisk("says why not: a read-only disk, for root too", () => {
    onSmallDisk(directory(), "size=64k", (disk, remount) => {
      remount("ro");
      expect(tryWriting(disk)).to.match(/EROFS/);
    });
  });

  itOnSmallDisk("says why not: a full disk", () => {
    onSmallDisk(directory(), "size=16k", (disk) => {
      writeWhole(join(disk, "filler"), "x".repeat(16 * 1024));
      expect(tryWriting(disk)).to.match(/ENOSPC/);
      expect(readdirSync(disk)).to.deep.equal(["filler"]);
    });
  });

  it("says why not: no folder, a file, a link to nowhere", () => {
    writeFileSync(join(directory(), "file"), "");
    symlinkSync("/does/not/exist", join(directory(), "link"));
    expect(tryWriting(join(directory(), "nothing"))).to.match(/ENOENT/);
    expect(tryWriting(join(directory(), "file"))).to.match(/ENOTDIR/);
    expect(tryWriting(join(directory(), "link"))).to.match(/ENOENT/);
  });
});
