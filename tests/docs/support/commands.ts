/** A command in a document: its words, as typed. */
export type Command = { file: string; words: readonly string[] };

const programs = new Set(["make", "npx", "npm", "node", "pulumi"]);

const pieces = (text: string): string[] =>
  text
    .replace(/\s#.*$/, "")
    .replace(/^\s*\$\s/, "")
    .split(/\s(?:&&|\|\|?|;)\s|;\s/)
    .map((piece) => piece.replace(/^(?:export )?(?:[A-Z_]+=\S*\s+)*/, "").trim());

/** The commands of ours and Pulumi's in a Markdown text: in its blocks of code, and between backticks. */
export const commandsIn = (file: string, text: string): Command[] => {
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```|^ {4}(?!\s*[-|]).*$/gm)].flatMap(
    ([whole, block]) => (block ?? whole).split("\n").map((line) => (block ? line : line.slice(4))),
  );
  const inline = [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)].map(
    ([, code = ""]) => code,
  );
  return [...blocks, ...inline]
    .flatMap(pieces)
    .map((piece) => ({ file, words: piece.split(/\s+/) }))
    .filter(({ words: [program = "", second = ""] }) => programs.has(program) && /^[\w./-]/.test(second));
};
