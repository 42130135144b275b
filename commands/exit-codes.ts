/** How every command ends. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, refused: 3, different: 4 } as const;

/** The same for every command, to be shown after its help. */
export const exitCodeTable = `
Exit code
  0  would go, met, intact, written or the same
  1  failed: something that is needed could not be read or written
  2  wrong usage
  3  would be refused, is not met, or does not hold
  4  different
`;

/** What is shown after a command's help: examples, then the exit codes. */
export const afterHelp = (...examples: string[]): string =>
  ["", "Examples", ...examples.map((line) => `  ${line}`), exitCodeTable].join("\n");
