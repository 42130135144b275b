/**
 * Lays rows out in columns, two blanks between them; the last column is not padded. Cells are one line each: control
 * characters, newlines among them, become blanks, so that no hostname can draw on the operator's screen.
 */
export const aligned = (rows: string[][]): string[] => {
  const cells = rows.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of cells)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return cells.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
};

/** A text on one line, without control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
export const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();

/** Moves each line of a text to the right. */
export const indent = (text: string, by: number): string =>
  text
    .split("\n")
    .map((line) => " ".repeat(by) + line)
    .join("\n");

/** A number with its noun: "1 machine", "5 machines". */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
