import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const syncFolder = (folder: string) => {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** Takes a file away; that it cannot be taken away must not hide why it was to be. */
const discard = (path: string) => {
  try {
    rmSync(path, { force: true });
  } catch {
    // ENOTDIR, EROFS: then it is not there either.
  }
};

/** Writes a file whole or not at all, mode 0600 whatever the umask, and on the disk when it returns. */
export const writeWhole = (path: string, text: string): void => {
  const partial = `${path}.${process.pid}.partial`;
  try {
    const handle = openSync(partial, "w", 0o600);
    try {
      fchmodSync(handle, 0o600);
      // Not writeSync: that returns without an error when only a part fits on the disk.
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(partial, path);
  } catch (error) {
    discard(partial);
    throw error;
  }
  syncFolder(dirname(path));
};

/** Whether a folder can be written to, tried for real: a mode says nothing about a full or read-only disk. */
export const tryWriting = (folder: string): string | undefined => {
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    writeWhole(probe, "probe\n");
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    discard(probe);
  }
};
