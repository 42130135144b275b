import { line, type Seen, type TableName } from "./rows.ts";

const about: Record<TableName, { title: string; text: string }> = {
  guards: {
    title: "What a destroy refuses, and what it never does",
    text: "Each row was run with the real Pulumi engine on the simulated lab: what was there, what is expected, and what was seen.",
  },
  interruptions: {
    title: "What a teardown survives",
    text: "Each row was run with the real Pulumi engine on the simulated lab: what interrupted the teardown, what is expected, and what was seen, to the end of the next destroy. Rows that differ in the moment alone are one.",
  },
  faults: {
    title: "What a teardown does about answers that are not the happy one",
    text: "Each row was run with the real Pulumi engine on the simulated lab, unless it says otherwise.",
  },
};

/** Rows in Markdown, in their own order; those that differ in the moment alone are one. */
const lines = (rows: readonly Seen[]): string[] => {
  const alike = new Map<string, { row: Seen; moments: string[] }>();
  for (const row of rows.toSorted((one, other) => one.at - other.at)) {
    const key = row.moment === undefined ? String(row.at) : line(row);
    const group = alike.get(key) ?? { row, moments: [] };
    alike.set(key, group);
    if (row.moment !== undefined) group.moments.push(row.moment);
  }
  return [...alike.values()].map(({ row, moments }) => line(row, moments));
};

/** A table of `docs/` as Markdown: sections in the order of their first rows, rows in their own order. */
export const document = (table: TableName, seen: readonly Seen[]): string => {
  const { title, text } = about[table];
  const sections = [...new Set(seen.map(({ section }) => section))];
  return `${[
    `# ${title}`,
    "",
    text,
    `Written by \`make test-faults\` from its own ${seen.length} rows; \`make test\` runs some of them and compares.`,
    ...sections.flatMap((section) => [
      "",
      `## ${section}`,
      "",
      "| situation | expected | seen | test |",
      "|---|---|---|---|",
      ...lines(seen.filter((row) => row.section === section)),
    ]),
  ].join("\n")}\n`;
};
