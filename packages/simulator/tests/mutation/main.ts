import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { type Mutant, mutantsOf, sample } from "./mutants.ts";
import { type Part, parts, unnoticeable } from "./plan.ts";

/*
 * Changes the simulator in one small place at a time, in a copy, and runs the suites that should notice.
 *   node packages/simulator/tests/mutation/main.ts [--part maas|juju] [--count N a part] [--all]
 * Exit code 1 when fewer than 95 of 100 are caught.
 */
const { values } = parseArgs({
  options: {
    part: { type: "string" },
    count: { type: "string", default: "60" },
    all: { type: "boolean", default: false },
  },
});

const project = resolve(import.meta.dirname, "..", "..", "..", "..");
const wanted = 0.95;

/** A copy of what the suites need. Modules are linked. */
const makeCopy = (): string => {
  const copy = mkdtempSync(join(tmpdir(), "mutation-"));
  for (const path of [
    "packages/simulator",
    "tests/recordings",
    "tests/recordings.ts",
    "package.json",
    "tsconfig.json",
  ])
    cpSync(join(project, path), join(copy, path), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  return copy;
};

/** Whether the suites of a part pass in the copy as it is now. */
const passes = async (copy: string, { suites }: Part): Promise<boolean> => {
  const mocha = join(project, "node_modules", "mocha", "bin", "mocha.js");
  const { exitCode } = await execa(
    process.execPath,
    [mocha, "--bail", "--exit", "--timeout", "20000", ...suites],
    {
      cwd: copy,
      reject: false,
      timeout: 180_000,
    },
  );
  return exitCode === 0;
};

const show = ({ file, line, operator, was, becomes }: Mutant): string =>
  `${file}:${line} ${operator}: ${was.replaceAll(/\s+/g, " ").slice(0, 70)} -> ${becomes.replaceAll(/\s+/g, " ").slice(0, 70)}`;

const canBeNoticed = (mutant: Mutant, text: string): boolean => {
  const line = text.split("\n")[mutant.line - 1] ?? "";
  return !unnoticeable.some(
    ({ file, was, near }) => file === mutant.file && was === mutant.was && line.includes(near),
  );
};

const isCaught = async (copy: string, part: Part, mutant: Mutant): Promise<boolean> => {
  const file = join(copy, mutant.file);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.slice(0, mutant.start) + mutant.becomes + text.slice(mutant.end));
  try {
    return !(await passes(copy, part));
  } finally {
    writeFileSync(file, text);
  }
};

const runPart = async (copy: string, part: Part): Promise<{ tried: number; caught: number }> => {
  const mutants = part.changes.flatMap(({ files, operators }) =>
    globSync(files, { cwd: copy }).flatMap((file) => {
      const text = readFileSync(join(copy, file), "utf8");
      return mutantsOf(file, text, operators).filter((mutant) => canBeNoticed(mutant, text));
    }),
  );
  const chosen = values.all ? mutants : sample(mutants, Number(values.count));
  if (!(await passes(copy, part))) throw new Error(`The suites of ${part.name} fail without any change.`);
  const survivors: Mutant[] = [];
  for (const [index, mutant] of chosen.entries()) {
    const caught = await isCaught(copy, part, mutant);
    if (!caught) survivors.push(mutant);
    process.stdout.write(
      `${part.name} ${index + 1}/${chosen.length} ${caught ? "caught  " : "SURVIVED"} ${show(mutant)}\n`,
    );
  }
  const caught = chosen.length - survivors.length;
  process.stdout.write(`\n${part.name}: ${caught} of ${chosen.length} caught (${mutants.length} possible)\n`);
  for (const survivor of survivors) process.stdout.write(`  survived: ${show(survivor)}\n`);
  return { tried: chosen.length, caught };
};

const copy = makeCopy();
try {
  let tried = 0;
  let caught = 0;
  for (const part of parts) {
    if (values.part !== undefined && values.part !== part.name) continue;
    const result = await runPart(copy, part);
    tried += result.tried;
    caught += result.caught;
  }
  process.stdout.write(
    `\nmutations: ${caught} of ${tried} caught (${((100 * caught) / tried).toFixed(1)} %)\n`,
  );
  if (caught / tried < wanted) process.exitCode = 1;
} finally {
  rmSync(copy, { recursive: true });
}
