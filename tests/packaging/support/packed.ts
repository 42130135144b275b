import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { projectRoot } from "../../../packages/toolchain/environment.ts";

/** `npm pack` of this checkout, with what its prepack script compiles into dist/. */
const pack = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "packed-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  await execa("npm", ["pack", "--pack-destination", folder, "--loglevel=error", "--offline"], {
    cwd: projectRoot,
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error("npm pack made no tarball");
  return join(folder, tarball);
};

let packedOnce: Promise<string> | undefined;

/** The tarball that `npm pack` makes of this checkout, packed once a process. */
export const packedLibrary = (): Promise<string> => {
  packedOnce ??= pack();
  return packedOnce;
};

const linkAll = (from: string, to: string, except: ReadonlySet<string>) => {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((each) => !each.startsWith(".") && !except.has(each)))
    symlinkSync(join(from, name), join(to, name));
};

/** What npm does with a tarball, without a network: the package as a real folder, what it depends on from this checkout. */
export const unpackInto = async (project: string): Promise<string> => {
  const modules = join(project, "node_modules");
  linkAll(join(projectRoot, "node_modules"), modules, new Set());
  const library = join(modules, "openstack-lab");
  mkdirSync(library);
  await execa("tar", ["xzf", await packedLibrary(), "-C", library, "--strip-components=1"]);
  return library;
};

/** npm itself, which may ask the registry for what its cache does not hold. */
export const installInto = async (project: string): Promise<string> => {
  const arguments_ = ["install", await packedLibrary(), "--prefer-offline", "--ignore-scripts", "--no-audit"];
  await execa("npm", [...arguments_, "--no-fund", "--loglevel=error"], { cwd: project });
  return join(project, "node_modules", "openstack-lab");
};

/** A copy of the example, in `folder`. */
export const exampleIn = (folder: string): string => {
  const project = join(folder, "existing-program");
  mkdirSync(dirname(project), { recursive: true });
  cpSync(join(projectRoot, "examples/existing-program"), project, {
    recursive: true,
    filter: (source) => !source.endsWith("node_modules"),
  });
  return project;
};
