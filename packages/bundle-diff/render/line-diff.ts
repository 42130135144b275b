export type DiffLine = { readonly mark: "+" | "-" | " "; readonly text: string };

/** Cells of the table that is worth filling; above it, all old lines and then all new ones. */
const mostCells = 1_000_000;

/** The longest common subsequence of two lists of lines, spelled out as kept, removed and added lines. */
export const diffLines = (old: readonly string[], current: readonly string[]): readonly DiffLine[] => {
  const whole = [
    ...old.map((text): DiffLine => ({ mark: "-", text })),
    ...current.map((text): DiffLine => ({ mark: "+", text })),
  ];
  const width = current.length + 1;
  if ((old.length + 1) * width > mostCells) return whole;
  // common[i * width + j]: the length of the longest common subsequence of old from i and current from j.
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1)
    for (let column = current.length - 1; column >= 0; column -= 1)
      common[row * width + column] =
        old[row] === current[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < current.length) {
    const before = old[row];
    const after = current[column];
    if (before !== undefined && before === after) {
      lines.push({ mark: " ", text: before });
      row += 1;
      column += 1;
    } else if (before !== undefined && (after === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ mark: "-", text: before });
      row += 1;
    } else if (after !== undefined) {
      lines.push({ mark: "+", text: after });
      column += 1;
    }
  }
  return lines;
};
