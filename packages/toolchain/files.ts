import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Forces a file's or directory's content to the disk. */
export const sync = (path: string): void => {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Moves a finished file or directory to its place, where it then is whole or not at all, also after a power cut. */
export const moveIntoPlace = (finished: string, place: string): void => {
  mkdirSync(dirname(place), { recursive: true });
  sync(finished);
  renameSync(finished, place);
  sync(dirname(place));
};

/** Writes a file so that a reader sees the old or the new content, never a half. */
export const writeAtomically = (path: string, content: string, mode = 0o644): void => {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode });
  moveIntoPlace(temporary, path);
};
