import { Command, CommanderError, Option } from "commander";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
import { type Problem, readBundle } from "./read.ts";
import { createReport, pageOf, type Report, renderJson } from "./report.ts";
import { renderText } from "./text.ts";
import { visible } from "./visible.ts";

type Options = {
  readonly json?: true;
  readonly markdown?: true;
  readonly html?: true;
  readonly overlay?: readonly string[];
  readonly oldOverlay?: readonly string[];
};

const render = (report: Report, { json, markdown, html }: Options): string => {
  if (json) return renderJson(report);
  const renderPage = markdown ? renderMarkdown : html ? renderHtml : renderText;
  return renderPage(pageOf(report));
};

/** How many problems are spelled out; the rest is counted. */
const mostProblems = 20;

/** All problems as one message; they may name files and keys of any spelling. */
const problemsText = (problems: readonly Problem[]): string => {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const blocks = problems
    .slice(0, mostProblems)
    .map(({ where, found, expected, next }) =>
      [where, `  found:    ${found}`, `  expected: ${expected}`, `  next:     ${next}`]
        .map((line) => `  ${visible(line)}`)
        .join("\n"),
    );
  const rest = problems.length - blocks.length;
  if (rest > 0) blocks.push(`  and ${rest} more`);
  return [`Cannot compare the bundles: ${count}. Nothing was changed.`, ...blocks, ""].join("\n");
};

const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;

const helpAfter = (name: string): string => `
What is the same
  Order, spelling and defaults do not count: ch:keystone and keystone, yoga and yoga/stable, jammy and
  ubuntu@22.04, 3 and "3", arch=amd64, the space alpha, canvas positions. Secrets are compared and never shown.
  What goes with an OpenStack release upgrade (channels, package origins, base) stands in a section of its own.

Exit code
  0 same    4 different    2 wrong usage    1 a bundle cannot be read

Examples
  ${name} ~/backups/pre-caracal-destroy-20260101T120000Z caracal/bundle.yaml
  ${name} ~/backups/pre-caracal-destroy-20260101T120000Z <(juju export-bundle)
  ${name} yoga.yaml caracal.yaml --overlay spaces.yaml
`;

const several = (file: string, files: readonly string[] = []): readonly string[] => [...files, file];

const setExitCode = (code: number): void => {
  process.exitCode = code;
};

type Settings = {
  /** What relative paths start from; the working directory unless told otherwise. */
  readonly directory?: string;
  /** Gets the exit code: 0 same, 4 different, 1 failed. Sets the process's unless told otherwise. */
  readonly exit?: (code: number) => void;
};

/**
 * Makes `command` compare bundles. Output goes where the command's `configureOutput` sends it.
 * @example addBundleDiff(program.command("bundle-diff"))
 */
export const addBundleDiff = (
  command: Command,
  { directory = process.cwd(), exit = setExitCode }: Settings = {},
): Command =>
  command
    .description("Compares two Juju bundles offline: what would the new one deploy that the old one did not?")
    .argument("<old>", "a bundle file, or a run directory (which holds bundle-pre-destroy.yaml)")
    .argument("<new>", "the same for the new bundle")
    .addOption(new Option("--json", "for programs").conflicts(["markdown", "html"]))
    .addOption(new Option("--markdown", "for an issue or a wiki page").conflicts("html"))
    .option("--html", "one page to keep or print")
    .option("--overlay <file>", "lay an overlay over <new>; may be repeated", several)
    .option("--old-overlay <file>", "lay an overlay over <old>; may be repeated", several)
    .showHelpAfterError("(--help shows the usage)")
    .addHelpText("after", ({ command: helped }) => helpAfter(fullName(helped)))
    .action(async (old: string, current: string, options: Options) => {
      const { writeOut, writeErr } = command.configureOutput();
      const [before, after] = await Promise.all([
        readBundle(old, options.oldOverlay ?? [], directory),
        readBundle(current, options.overlay ?? [], directory),
      ]);
      if (before.bundle === undefined || after.bundle === undefined) {
        writeErr?.(problemsText([...before.problems, ...after.problems]));
        return exit(1);
      }
      const report = createReport(
        { name: old, bundle: before.bundle },
        { name: current, bundle: after.bundle },
      );
      writeOut?.(render(report, options));
      exit(report.same ? 0 : 4);
    });

/**
 * The whole program: reads both bundles, compares, and writes the result.
 * @param argv - the arguments after the program's name
 * @param directory - what relative paths start from
 * @returns the exit code: 0 same, 4 different, 2 wrong usage, 1 failed
 */
export const run = async (argv: readonly string[], directory: string): Promise<number> => {
  let exitCode = 0;
  const exit = (code: number): void => {
    exitCode = code;
  };
  const program = new Command("bundle-diff").exitOverride();
  addBundleDiff(program, { directory, exit });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    // The name alone: a message may contain a value, and a value may be secret.
    const name = error instanceof Error ? error.name : "unknown";
    process.stderr.write(`Internal error (${name}); please report it. Nothing was changed.\n`);
    return 1;
  }
};
