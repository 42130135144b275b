import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { ToolchainError } from "../tools.ts";

/** What of a package.json matters here. */
export type Manifest = {
  name: string;
  version: string;
  description: string;
  license: string;
  engines: Record<string, string>;
  dependencies: Record<string, string>;
};

/** The package that `specifier` names; undefined for a file, or a module of Node's. */
const packageOf = (specifier: string): string | undefined =>
  specifier.startsWith(".") || isBuiltin(specifier)
    ? undefined
    : specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/");

const specifiers = /^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** The packages that the compiled files of a folder import, sorted. */
export const importedPackages = (folder: string): string[] => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".js"),
  );
  const names = files.flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(specifiers)].map(([, from, bare, late]) =>
      packageOf(from ?? bare ?? late ?? ""),
    ),
  );
  return [...new Set(names.filter((name) => name !== undefined))].sort();
};

// Two copies of the SDK in one program do not know each other's resources: the program's own is used.
const sdk = "@pulumi/pulumi";
// Nor do two copies of gRPC accept each other's credentials: the range is the SDK's, so that npm installs one.
const grpc = "@grpc/grpc-js";

/**
 * The package.json of the published library, made of the project's: compiled entry points, and of the dependencies only
 * what the library needs at run time (not the CLI, nor Node, nor the tools of the project).
 *
 * @param imported the packages that the compiled files import
 * @param ofSdk what the SDK depends on
 * @throws ToolchainError when one of them is not among the project's dependencies
 */
export const publishedManifest = (
  project: Manifest,
  imported: readonly string[],
  ofSdk: Record<string, string>,
): object => {
  const { name, version, description, license, engines, dependencies } = project;
  const versionOf = (each: string): string => {
    const found = dependencies[each];
    if (found) return each === grpc ? (ofSdk[grpc] ?? found) : found;
    throw new ToolchainError(`the library imports ${each}, which package.json does not depend on`);
  };
  return {
    name,
    version,
    description,
    license,
    keywords: ["pulumi", "maas", "juju", "openstack", "teardown"],
    type: "module",
    engines,
    main: "./dist/library.js",
    types: "./dist/library.d.ts",
    exports: {
      ".": { types: "./dist/library.d.ts", default: "./dist/library.js" },
      "./late": "./dist/components/late.cjs",
      "./state": "./dist/components/v1.cjs",
      "./package.json": "./package.json",
    },
    files: ["dist"],
    peerDependencies: { [sdk]: `^${versionOf(sdk)}` },
    dependencies: Object.fromEntries(
      imported.filter((each) => each !== sdk).map((each) => [each, versionOf(each)]),
    ),
  };
};
