import { stringify } from "yaml";

/** A cell of a table; numbers are set to the right where juju does so. */
export type Column = { readonly title: string; readonly right?: boolean };

/** What juju leaves out of YAML, and prints as `{}` in JSON, when nothing is in it. */
const omitted = (key: unknown, value: unknown): boolean =>
  key === "modification-status" && JSON.stringify(value) === "{}";

/** YAML in the layout of juju: sequences not indented, double quotes, long texts folded. */
export const toYaml = (value: unknown): string =>
  stringify(value, (key, member) => (omitted(key, member) ? undefined : member), {
    version: "1.1",
    indentSeq: false,
    lineWidth: 80,
    aliasDuplicateObjects: false,
    defaultStringType: "PLAIN",
  });

export const toJson = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** A table in the layout of juju: two spaces between columns, no spaces at the ends of lines. */
export const toTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => (row[index] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ right }, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] ?? 0;
        return right ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [columns.map(({ title }) => title), ...rows].map((cells) => `${line(cells)}\n`).join("");
};

/** Writes a value in the format that was asked for; `table` makes what people read. */
export const printed = (format: string, value: unknown, table: () => string = () => ""): string =>
  format === "yaml" ? toYaml(value) : format === "json" ? toJson(value) : table();

/** Columns of these titles, none of them set to the right. */
export const titled = (...titles: readonly string[]): Column[] => titles.map((title) => ({ title }));
