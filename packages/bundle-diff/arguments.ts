import { parseArgs } from "node:util";
import type { Problem, Result } from "./problem.ts";

export type Format = "text" | "json" | "html";

export type Arguments =
  | { readonly help: true }
  | {
      readonly help: false;
      readonly old: string;
      readonly new: string;
      readonly format: Format;
      readonly oldOverlays: readonly string[];
      readonly newOverlays: readonly string[];
    };

const command = "npm run bundle-diff --";

export const helpText = `Compares two Juju bundles offline: what would the new one deploy that the old one did not?

Usage
  ${command} [options] OLD NEW

  OLD and NEW are bundle files, or run directories (which hold bundle-pre-destroy.yaml).

Options
  --json              for programs; redirect with \`npm run --silent\`
  --html              one page to keep or print
  --overlay FILE      lay an overlay over NEW; may be repeated
  --old-overlay FILE  lay an overlay over OLD; may be repeated
  --help              this text

What is the same
  Order, spelling and defaults do not count: ch:keystone and keystone, yoga and yoga/stable, jammy and
  ubuntu@22.04, 3 and "3", arch=amd64, the space alpha, canvas positions. Secrets are compared and never shown.
  What goes with an OpenStack release upgrade (channels, package origins, base) is put together in one section.

Exit code
  0 same    1 different    2 cannot compare

Examples
  ${command} ~/backups/pre-caracal-destroy-20260101T120000Z caracal/bundle.yaml
  ${command} ~/backups/pre-caracal-destroy-20260101T120000Z <(juju export-bundle)
  ${command} yoga.yaml caracal.yaml --overlay spaces.yaml
  npm run --silent bundle-diff -- --html old.yaml new.yaml > diff.html
`;

const wrongArguments = (found: string, expected: string): Problem => ({
  where: "arguments",
  found,
  expected,
  next: `${command} --help`,
});

/** Reads the command line; all that is wrong with it at once. */
export const parseArguments = (argv: readonly string[]): Result<Arguments> => {
  // Not strict, so that everything that is wrong can be named, in our words.
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      html: { type: "boolean" },
      overlay: { type: "string", multiple: true },
      "old-overlay": { type: "string", multiple: true },
    },
  });
  if (values.help === true) return { ok: true, value: { help: true } };
  const problems: Problem[] = [];
  const flags = new Set(["json", "html", "help"]);
  const withFile = new Set(["overlay", "old-overlay"]);
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    if (!flags.has(token.name) && !withFile.has(token.name))
      problems.push(
        wrongArguments(`the option ${token.rawName}`, "--json, --html, --overlay, --old-overlay or --help"),
      );
    if (flags.has(token.name) && token.value !== undefined)
      problems.push(wrongArguments(`a value for ${token.rawName}`, `${token.rawName} without a value`));
    if (withFile.has(token.name) && (token.value === undefined || token.value === ""))
      problems.push(wrongArguments(`${token.rawName} without a file`, `${token.rawName} FILE`));
  }
  if (values.json === true && values.html === true)
    problems.push(wrongArguments("--json and --html", "one of them"));
  const [old, current] = positionals;
  if (old === undefined || current === undefined || positionals.length > 2)
    problems.push(
      wrongArguments(
        positionals.length === 0
          ? "no bundles"
          : `${positionals.length} bundle${positionals.length === 1 ? "" : "s"}`,
        "two bundle files or run directories, OLD and NEW",
      ),
    );
  if (problems.length > 0 || old === undefined || current === undefined) return { ok: false, problems };
  const files = (list: unknown): readonly string[] =>
    Array.isArray(list) ? list.filter((file): file is string => typeof file === "string") : [];
  return {
    ok: true,
    value: {
      help: false,
      old,
      new: current,
      format: values.json === true ? "json" : values.html === true ? "html" : "text",
      oldOverlays: files(values["old-overlay"]),
      newOverlays: files(values.overlay),
    },
  };
};
