import { writeFileSync } from "node:fs";

/** Fills a disk to its last byte. */
export const fill = (file: string): void => {
  for (const piece of ["x".repeat(4096), "x"]) {
    try {
      for (;;) writeFileSync(file, piece, { flag: "a" });
    } catch {
      // Full, by so much.
    }
  }
};
