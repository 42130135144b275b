import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

// In a folder that others can write to, a link may lie where we expect a file of ours: no name of ours is followed.
const toRead = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const toMake = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Puts the entries of a folder on the disk. */
export const syncFolder = (folder: string): void => {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** Takes a file away; that it cannot be taken away must not hide why it was to be. */
export const discard = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // ENOTDIR, EROFS: then it is not there either.
  }
};

/** Reads a file of ours. Throws ENOENT when it is not there, ELOOP for a link, EISDIR for whatever else is no file. */
export const readBytes = (path: string): Buffer => {
  const handle = openSync(path, toRead);
  try {
    if (!fstatSync(handle).isFile())
      throw Object.assign(new Error(`EISDIR: not a file, open '${path}'`), { code: "EISDIR" });
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** As {@link readBytes}, as text. */
export const readText = (path: string): string => readBytes(path).toString("utf8");

/**
 * Writes what is to become a file, mode 0600 whatever the umask, and on the disk when it returns.
 *
 * @returns where it is, beside the file, under a name that nobody can foresee
 */
export const writePartial = (path: string, text: string): string => {
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    const handle = openSync(partial, toMake, 0o600);
    try {
      fchmodSync(handle, 0o600);
      // Not writeSync: that returns without an error when only a part fits on the disk.
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return partial;
  } catch (error) {
    discard(partial);
    throw error;
  }
};

/** Writes a file whole or not at all, mode 0600 whatever the umask, and on the disk when it returns. */
export const writeWhole = (path: string, text: string): void => {
  const partial = writePartial(path, text);
  try {
    // In place of a link, not of what it leads to.
    renameSync(partial, path);
  } catch (error) {
    discard(partial);
    throw error;
  }
  syncFolder(dirname(path));
};

/** Whether a folder can be written to, tried for real: a mode says nothing about a full or read-only disk. */
export const tryWriting = (folder: string): string | undefined => {
  const probe = join(folder, `.probe-${randomUUID()}`);
  try {
    writeWhole(probe, "probe\n");
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    discard(probe);
  }
};
