import { existsSync, readFileSync, statSync } from "node:fs";
import { writeAtomically } from "./files.ts";
import type { Layout } from "./layout.ts";

/** Where a part comes from: Pulumi's own binary, Pulumi's own source built here, or a stand-in of this project. */
export type Origin = "official" | "built here" | "stand-in";

export type Part = { name: string; version: string; origin: Origin; path: string };

/** What the last set-up found and made; valid as long as its fingerprint is. */
export type PartsRecord = { fingerprint: string; parts: Part[] };

/** The names of the parts, as their executables are called. */
export const partNames = {
  cli: "pulumi",
  languageHost: "pulumi-language-nodejs",
  dynamicProvider: "pulumi-resource-pulumi-nodejs",
  command: "pulumi-resource-command",
} as const;

/** Identity of a file as cheap as possible: size and time of change, "none" if there is no such file. */
export const fileMark = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.size}:${found.mtimeMs}` : "none";
};

/** The recorded parts, if nothing has changed since; starts no process. */
export const readRecord = (layout: Layout, fingerprint: string): Part[] | undefined => {
  try {
    const record: PartsRecord = JSON.parse(readFileSync(layout.record, "utf8"));
    if (record.fingerprint !== fingerprint) return undefined;
    return record.parts.every(({ path }) => existsSync(path)) ? record.parts : undefined;
  } catch {
    return undefined; // none yet, or one that an older version of this project wrote
  }
};

/** Records `parts` under `fingerprint`. */
export const writeRecord = (layout: Layout, record: PartsRecord): void =>
  writeAtomically(layout.record, `${JSON.stringify(record, undefined, 2)}\n`);

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
