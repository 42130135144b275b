/** `node tests/docs/configuration.ts`: writes the tables of docs/configuration.md from Pulumi.yaml and the settings' schema. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { howToPermit, isPermission } from "../../teardown/config/permissions.ts";

const root = join(import.meta.dirname, "../..");
const page = join(root, "docs/configuration.md");

type Declared = { type: string; default: unknown; description: string };

/** The keys that Pulumi.yaml declares, in its order. */
export const declared = (): Record<string, Declared> =>
  (parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as { config: Record<string, Declared> }).config;

// Pulumi.yaml declares no secrets: Pulumi would print their defaults.
const maasApiKey: Declared = {
  type: "string",
  default: "",
  description:
    "MAAS's API key, with `maasApiUrl`: `pulumi config set --secret maasApiKey`. One in plain text is refused.",
};

const cell = (text: string): string => text.replaceAll("|", "\\|");
const shown = (value: unknown): string =>
  value === "" || (Array.isArray(value) && value.length === 0) ? "" : `\`${String(value)}\``;

const settingsTable = (keys: Record<string, Declared>): string[] => [
  "| key | default | |",
  "|---|---|---|",
  ...Object.entries(keys).map(
    ([key, { default: value, description }]) => `| \`${key}\` | ${shown(value)} | ${cell(description)} |`,
  ),
];

const permissionsTable = (keys: Record<string, Declared>): string[] => [
  "| to permit it | |",
  "|---|---|",
  ...Object.entries(keys).map(([key, { description }]) =>
    isPermission(key) ? `| \`${cell(howToPermit(key))}\` | ${cell(description)} |` : "",
  ),
];

/** What docs/configuration.md should be, from what it is. */
export const generated = (text: string): string => {
  const entries = Object.entries(declared()).flatMap(([key, kind]): [string, Declared][] =>
    key === "maasApiUrl"
      ? [
          [key, kind],
          ["maasApiKey", maasApiKey],
        ]
      : [[key, kind]],
  );
  const tables = {
    settings: settingsTable(Object.fromEntries(entries.filter(([key]) => !isPermission(key)))),
    permissions: permissionsTable(Object.fromEntries(entries.filter(([key]) => isPermission(key)))),
  };
  return Object.entries(tables).reduce((now, [name, lines]) => {
    const [start, end] = [`<!-- ${name}: generated -->\n`, "<!-- end -->"];
    const from = now.indexOf(start) + start.length;
    const to = now.indexOf(end, from);
    if (from < start.length || to < 0) throw new Error(`docs/configuration.md has no place for ${name}`);
    return `${now.slice(0, from)}${lines.join("\n")}\n${now.slice(to)}`;
  }, text);
};

if (import.meta.main) writeFileSync(page, generated(readFileSync(page, "utf8")));
