import type { StorageDirective } from "../model.ts";
import { sizeInMebibytes } from "./size.ts";

/** The parts of a storage directive, which juju takes in any order: `loop,0,1024M`, `1G,maas`. */
export const normaliseStorage = (text: string): StorageDirective => {
  let pool: string | undefined;
  let count: number | undefined;
  let size: number | undefined;
  for (const part of text
    .split(",")
    .map((piece) => piece.trim())
    .filter(Boolean)) {
    if (/^\d{1,9}$/.test(part)) count = Number(part);
    else if (sizeInMebibytes(part) !== undefined) size = sizeInMebibytes(part);
    else pool = part;
  }
  return { pool, count, size };
};

/**
 * Whether two directives may mean the same. Juju 3.6.28 exports `loop,1024M` where older ones export
 * `loop,0,1024M`, so a count that is left out equals 0 as well as 1.
 */
export const sameStorage = (a: StorageDirective, b: StorageDirective): boolean => {
  const countsAgree =
    a.count === b.count ||
    (a.count === undefined && (b.count ?? 2) <= 1) ||
    (b.count === undefined && (a.count ?? 2) <= 1);
  return a.pool === b.pool && a.size === b.size && countsAgree;
};

const builtInPools: ReadonlySet<string> = new Set(["loop", "rootfs", "tmpfs"]);

/** Whether a directive is what an export writes for storage that nobody asked for: a built-in pool, 1 GiB. */
export const isUnaskedStorage = ({ pool, count, size }: StorageDirective): boolean =>
  pool !== undefined && builtInPools.has(pool) && size === 1024 && (count ?? 0) <= 1;

export const storageText = ({ pool, count, size }: StorageDirective): string =>
  [pool, count, size === undefined ? undefined : `${size}M`].filter((part) => part !== undefined).join(",");
