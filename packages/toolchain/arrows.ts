/** Checks that imports go one way: commands and components -> teardown -> its clients; packages import nothing of the program. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** For files below `from`, what they may import below the root; a file's own folder is always allowed. */
const rules: readonly { from: string; may: readonly string[] }[] = [
  { from: "teardown/clients/", may: ["teardown/errors.ts"] },
  { from: "teardown/", may: ["packages/bundle-diff/"] },
  { from: "components/", may: ["teardown/"] },
  { from: "commands/", may: ["teardown/", "components/", "packages/bundle-diff/"] },
  { from: "packages/simulator/", may: ["tests/recordings.ts"] },
  { from: "packages/bundle-diff/", may: ["tests/recordings.ts"] },
  { from: "packages/toolchain/", may: [] },
];

const specifiers = /(?:\bfrom |\bimport\(?|\brequire\()\s*"(\.[^"]*)"/g;

/** Every import that goes the wrong way: `file imports file`. */
export const wrongArrows = (
  files: readonly string[],
  read: (file: string) => string = (file) => readFileSync(file, "utf8"),
): string[] =>
  files.flatMap((file) => {
    const rule = rules.find(({ from }) => file.startsWith(from));
    if (!rule) return [];
    return [...read(file).matchAll(specifiers)]
      .map(([, specifier = ""]) => normalize(join(dirname(file), specifier)))
      .filter((target) => ![rule.from, ...rule.may].some((folder) => target.startsWith(folder)))
      .map((target) => `${file} imports ${target}`);
  });

if (import.meta.main) {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.cjs"], {
    encoding: "utf8",
  });
  const wrong = wrongArrows(files.split("\n").filter(Boolean));
  for (const each of wrong) process.stdout.write(`${each}\n`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
