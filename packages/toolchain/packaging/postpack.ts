/** `npm pack` runs this last: puts the project's package.json back and removes dist/. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The files that packing touches. */
export const standing: { root: string; manifest: string; kept: string; dist: string } = {
  root,
  manifest: join(root, "package.json"),
  kept: join(root, ".package.json.kept"),
  dist: join(root, "dist"),
};

/** Puts the project's own package.json back, also after a packing that was killed. */
export const restoreManifest = (): void => {
  if (existsSync(standing.kept)) renameSync(standing.kept, standing.manifest);
};

if (import.meta.main) {
  restoreManifest();
  rmSync(standing.dist, { recursive: true, force: true });
}
