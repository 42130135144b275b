import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import { type Command, commandsIn } from "./support/commands.ts";
import { projectFiles, root, textOf } from "./support/tracked.ts";

const documents = projectFiles.filter((file) =>
  /^(?:[A-Z]+\.md|docs\/[\w-]+\.md|examples\/.*\.md|packages\/[\w-]+\/README\.md)$/.test(file),
);
const targets = [...textOf("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, name]) => name);
/** The commands that the packages bring along. */
const bins = new Set(
  projectFiles
    .filter((file) => /^packages\/[\w-]+\/package\.json$/.test(file))
    .flatMap((file) => Object.keys((JSON.parse(textOf(file)) as { bin?: object }).bin ?? {})),
);
const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };

/** The help of a command line tool's commands, asked once each. */
const helpOf = (program: string, before: readonly string[], env: Record<string, string> = {}) => {
  const asked = new Map<string, Promise<string>>();
  return (path: readonly string[]): Promise<string> => {
    const key = path.join(" ");
    const known =
      asked.get(key) ??
      execa(program, [...before, ...path, "--help"], { env, reject: false }).then(({ stdout }) => stdout);
    asked.set(key, known);
    return known;
  };
};

/** What is wrong with the words after a program's name: a command or a long option that it does not know. */
const problemOf = async (
  words: readonly string[],
  help: (path: readonly string[]) => Promise<string>,
): Promise<string | undefined> => {
  const path: string[] = [];
  for (const word of words) {
    const above = await help(path);
    if (!/^(?:Available )?Commands:$/m.test(above) && path.length > 0) break;
    if (!/^[a-z][\w-]*$/.test(word)) break;
    // Both programs answer with the help of what they know, or not at all.
    if ((await help([...path, word])) === above) return `no command ${word}`;
    path.push(word);
  }
  const text = await help(path);
  const options = words.flatMap((word) => /^--[a-z][\w-]*/.exec(word) ?? []);
  const wrong = options.find((option) => !new RegExp(`${option}(?![\\w-])`).test(text));
  return wrong && `no option ${wrong}`;
};

describe("The commands in the documents", function () {
  this.timeout(120_000);
  const commands = documents.flatMap((file) => commandsIn(file, textOf(file)));
  const of = (program: string) => commands.filter(({ words }) => words[0] === program);
  const check = async (
    some: Command[],
    problem: (words: readonly string[]) => Promise<string | undefined>,
  ) => {
    const wrong: string[] = [];
    for (const { file, words } of some) {
      const found = await problem(words.slice(1));
      if (found) wrong.push(`${file}: ${words.join(" ")}: ${found}`);
    }
    expect(wrong).to.deep.equal([]);
  };

  it("are found", () => {
    expect(
      commandsIn("x.md", "    FOO=1 make demo && npm run a   # b\n\ntype `pulumi up`, not `make`.\n"),
    ).to.deep.equal(
      [
        ["make", "demo"],
        ["npm", "run", "a"],
        ["pulumi", "up"],
      ].map((words) => ({ file: "x.md", words })),
    );
    for (const program of ["make", "npx", "pulumi"]) expect(of(program), program).to.have.length.above(10);
  });

  it("are targets of make, scripts of npm and files", async () => {
    await check(of("make"), async ([target = ""]) =>
      /^-/.test(target) || targets.includes(target) ? undefined : "no target",
    );
    await check(of("npm"), async ([command, name = ""]) =>
      command !== "run" || scripts[name] ? undefined : "no script",
    );
    await check(of("node"), async ([file = ""]) =>
      /^-|^node_modules/.test(file) || existsSync(join(root, file)) ? undefined : "no file",
    );
  });

  it("are commands of openstack-lab, with its options", async () => {
    const help = helpOf(process.execPath, [join(root, "commands/openstack-lab.cjs")]);
    await check(of("npx"), async ([name = "", ...rest]) =>
      name === "openstack-lab" ? problemOf(rest, help) : bins.has(name) ? undefined : "not ours",
    );
    expect(await problemOf(["plam"], help)).to.equal("no command plam");
    expect(await problemOf(["plan", "--outt", "x"], help)).to.equal("no option --outt");
  });

  it("are commands of pulumi, with its options", async () => {
    const { env, pulumi } = await toolchainEnvironment();
    const help = helpOf(pulumi, [], env);
    await check(of("pulumi"), (words) => problemOf(words, help));
    expect(await problemOf(["cofnig", "set"], help)).to.equal("no command cofnig");
    expect(await problemOf(["stack", "rmm", "lab"], help)).to.equal("no command rmm");
    expect(await problemOf(["stack", "rm", "--preserve"], help)).to.equal("no option --preserve");
  });
});
