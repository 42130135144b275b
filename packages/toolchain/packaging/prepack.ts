/** `npm pack` runs this first: compiles the library into dist/, then puts the published package.json in the project's place. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../tools.ts";
import { buildLibrary } from "./build.ts";
import { importedPackages, type Manifest, publishedManifest } from "./manifest.ts";
import { restoreManifest, standing } from "./postpack.ts";

const readManifest = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Manifest;
const { root, manifest, kept, dist } = standing;

try {
  restoreManifest();
  rmSync(dist, { recursive: true, force: true });
  const project = readManifest(manifest);
  await buildLibrary(root, dist, project.version);
  const sdk = readManifest(join(root, "node_modules/@pulumi/pulumi/package.json"));
  const published = publishedManifest(project, importedPackages(dist), sdk.dependencies);
  if (!existsSync(join(dist, "library.js"))) throw new ToolchainError("dist/library.js was not made");
  // Last, and for a moment only: `npm pack` reads it now and postpack.ts puts the project's own back.
  renameSync(manifest, kept);
  writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`);
} catch (error) {
  restoreManifest();
  rmSync(dist, { recursive: true, force: true });
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
