import { type Format, helpText, parseArguments } from "./arguments.ts";
import { type Problem, problemsError } from "./problem.ts";
import { readBundle } from "./read/read-bundle.ts";
import { renderHtml } from "./render/html.ts";
import { renderJson } from "./render/json.ts";
import { renderText } from "./render/text.ts";
import { createReport, type Report } from "./report.ts";

/** What one call of the command gives. */
export type Outcome = { readonly exitCode: 0 | 1 | 2; readonly stdout: string; readonly stderr: string };

const renderers: Readonly<Record<Format, (report: Report) => string>> = {
  text: renderText,
  json: renderJson,
  html: renderHtml,
};

const failed = (problems: readonly Problem[]): Outcome => ({
  exitCode: 2,
  stdout: "",
  stderr: `${problemsError(problems).message}\n`,
});

/**
 * The whole command: reads both bundles, compares, renders.
 * @param argv - the arguments after the program's name
 * @param directory - what relative paths start from
 * @returns exit code 0 for the same, 1 for different, 2 where the bundles cannot be compared
 */
export const runBundleDiff = async (argv: readonly string[], directory: string): Promise<Outcome> => {
  const parsed = parseArguments(argv);
  if (!parsed.ok) return failed(parsed.problems);
  if (parsed.value.help) return { exitCode: 0, stdout: helpText, stderr: "" };
  const { old, new: current, format, oldOverlays, newOverlays } = parsed.value;
  const [before, after] = await Promise.all([
    readBundle(old, oldOverlays, directory),
    readBundle(current, newOverlays, directory),
  ]);
  if (!before.ok || !after.ok)
    return failed([...(before.ok ? [] : before.problems), ...(after.ok ? [] : after.problems)]);
  const report = createReport({ name: old, bundle: before.value }, { name: current, bundle: after.value });
  return { exitCode: report.same ? 0 : 1, stdout: renderers[format](report), stderr: "" };
};
