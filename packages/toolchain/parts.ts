import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./files.ts";

/**
 * `pulumi` and `languageHost` are what is downloaded or built where no official part is found; an official CLI is used from
 * `oldestPulumi` on. package.json, Pulumi.yaml and the go.mod files say the same (a test compares them).
 */
export const versions = {
  pulumi: "3.259.0",
  oldestPulumi: "3.219.0",
  languageHost: "3.68.0",
  command: "1.2.1",
  node: 24,
} as const;

/** Whether this project works with a CLI of that version: `oldestPulumi` or later, below 4. */
export const acceptsPulumi = (version: string): boolean => {
  const [major, minor = 0] = version.split(".").map(Number);
  return major === 3 && minor >= Number(versions.oldestPulumi.split(".")[1]);
};

/** Where a part comes from: Pulumi's own binary, Pulumi's own source built here, or a stand-in of this project. */
export type Origin = "official" | "built here" | "stand-in";

export type Part = { name: string; version: string; origin: Origin; path: string };

/** The names of the parts, as their executables are called. */
export const partNames = {
  cli: "pulumi",
  languageHost: "pulumi-language-nodejs",
  dynamicProvider: "pulumi-resource-pulumi-nodejs",
  command: "pulumi-resource-command",
} as const;

/** Where the toolchain keeps what it makes: everything below one directory that git ignores. */
export type Layout = {
  /** The project: holds node_modules and packages/toolchain/. */
  root: string;
  /** `.toolchain`. */
  directory: string;
  /** First on PATH: Node, and the CLI with what it starts, each built here or a link to the official one. */
  bin: string;
  /** PULUMI_HOME while the command plugin is our stand-in. */
  home: string;
  /** Half-made things; each run empties what dead runs left. */
  temporary: string;
  lock: string;
  /** What the last set-up found and made. */
  record: string;
  /** Compiled JavaScript of Node, to start faster. */
  compileCache: string;
};

/** The layout below `root` (absolute path of the project). */
export const layoutOf = (root: string): Layout => {
  const directory = join(root, ".toolchain");
  return {
    root,
    directory,
    bin: join(directory, "bin"),
    home: join(directory, "pulumi-home"),
    temporary: join(directory, "tmp"),
    lock: join(directory, "lock"),
    record: join(directory, "parts.json"),
    compileCache: join(directory, "node-cache"),
  };
};

/** Where Pulumi looks for the command plugin in a PULUMI_HOME. */
export const commandPluginIn = (home: string): string =>
  join(home, "plugins", `resource-command-v${versions.command}`, partNames.command);

/** Identity of a file as cheap as possible: size and time of change, "none" if there is no such file. */
export const fileMark = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.size}:${found.mtimeMs}` : "none";
};

/** The recorded parts, if nothing has changed since; starts no process. */
export const readRecord = (layout: Layout, fingerprint: string): Part[] | undefined => {
  try {
    const record: { fingerprint: string; parts: Part[] } = JSON.parse(readFileSync(layout.record, "utf8"));
    if (record.fingerprint !== fingerprint) return undefined;
    return record.parts.every(({ path }) => existsSync(path)) ? record.parts : undefined;
  } catch {
    return undefined; // none yet, or one that an older version of this project wrote
  }
};

/** Records `parts` under `fingerprint`: valid as long as that does not change. */
export const writeRecord = (layout: Layout, fingerprint: string, parts: readonly Part[]): void =>
  writeAtomically(layout.record, `${JSON.stringify({ fingerprint, parts }, undefined, 2)}\n`);

/** `part   version   origin   path`, aligned. */
export const partsTable = (parts: readonly Part[]): string => {
  const rows = [
    ["part", "version", "origin", "path"],
    ...parts.map((part) => [part.name, part.version, part.origin, part.path]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

/** The parts in one line, for the end of a test run. */
export const partsLine = (parts: readonly Part[]): string =>
  parts.map(({ name, version, origin }) => `${name} ${version} (${origin})`).join(", ");
