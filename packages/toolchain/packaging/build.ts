import { copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { execa } from "execa";
import { ToolchainError } from "../tools.ts";

/** Modules that the state of a stack loads by name, so that no import leads to them. */
const loadedByName = "components/*.ts";

/**
 * Compiles the library and what it imports to JavaScript with types, in the folder structure of the sources.
 *
 * @throws ToolchainError with the compiler's words
 */
export const buildLibrary = async (root: string, target: string, version: string): Promise<void> => {
  const work = mkdtempSync(join(root, ".pack-"));
  const config = join(work, "tsconfig.json");
  const fromWork = (path: string) => relative(work, join(root, path));
  writeFileSync(
    config,
    JSON.stringify({
      extends: fromWork("tsconfig.json"),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        types: ["node"],
        rootDir: fromWork("."),
        outDir: relative(work, target),
      },
      include: [],
      files: ["library.ts", ...globSync(loadedByName, { cwd: root }).sort()].map(fromWork),
    }),
  );
  try {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { exitCode, stdout } = await execa(process.execPath, [tsc, "--project", config], { reject: false });
    if (exitCode !== 0) throw new ToolchainError(`the library does not compile:\n${stdout}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  for (const file of globSync("components/*.cjs", { cwd: root })) {
    const copy = join(target, file);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join(root, file), copy);
  }
  // Some files read their own version from the package.json above their folder, as they do in the checkout.
  writeFileSync(join(target, "package.json"), `${JSON.stringify({ type: "module", version })}\n`);
};
