import { readFileSync } from "node:fs";
import { join } from "node:path";

type Manifest = {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  pulumi?: { resource?: boolean; name?: string; version?: string };
};

export type InstalledPackage = { name: string; version: string; plugin?: { name: string; version: string } };

const readManifest = (file: string): Manifest => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
};

/**
 * The packages that package.json in `directory` asks for, as they are installed; `plugin` is there for packages that
 * need a resource plugin (their own package.json says `pulumi.resource`). Packages of packages are not looked at.
 */
export const directPackages = (directory: string): InstalledPackage[] => {
  const { dependencies = {}, devDependencies = {} } = readManifest(join(directory, "package.json"));
  return Object.keys({ ...dependencies, ...devDependencies }).flatMap((name) => {
    const { version, pulumi } = readManifest(join(directory, "node_modules", name, "package.json"));
    if (!version) return [];
    const plugin = pulumi?.resource && {
      name: pulumi.name ?? name.replace(/^@pulumi\//, ""),
      version: pulumi.version ?? version,
    };
    return [{ name, version, ...(plugin ? { plugin } : {}) }];
  });
};
