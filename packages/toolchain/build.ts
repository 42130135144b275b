/** Builds Pulumi's own parts from its Go modules, where they cannot be downloaded. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { moveIntoPlace, writeAtomically } from "./files.ts";
import { fileMark, type Layout, partNames, versions } from "./parts.ts";
import { type SetupTools, ToolchainError, withProgress } from "./tools.ts";

const module = "github.com/pulumi/pulumi";

type Recipe = {
  name: string;
  version: string;
  /** The folder of packages/toolchain/ whose go.mod and go.sum pin every module. */
  folder: string;
  package: string;
  cost: string;
  /** Packages that the build goes through with an empty cache; only for the progress line. */
  packages: number;
  place: (layout: Layout) => string;
};

/** CLI and engine. */
export const engine: Recipe = {
  name: partNames.cli,
  version: versions.pulumi,
  folder: "engine",
  package: `${module}/pkg/v3/cmd/pulumi`,
  cost: "about 4 minutes the first time, 115 MB",
  packages: 1690,
  place: ({ bin }) => join(bin, partNames.cli),
};

/** The Node language host, in the last version that is part of a Go module. */
export const languageHost: Recipe = {
  name: partNames.languageHost,
  version: versions.languageHost,
  folder: "language-host",
  package: `${module}/sdk/v3/nodejs/cmd/pulumi-language-nodejs`,
  cost: "less than a minute, 18 MB",
  packages: 480,
  place: ({ directory }) => join(directory, "language-host"),
};

/** As Pulumi releases its binaries: without paths and debug data, with the version compiled in. */
const buildArguments = ({ version }: Recipe): string[] => [
  "build",
  "-v",
  "-trimpath",
  "-buildvcs=false",
  "-ldflags",
  `-s -w -X ${module}/sdk/v3/go/common/version.Version=v${version}`,
  "-mod=readonly",
];

/** Absolute path of `go`: on PATH, or where its installer and distributions put it. */
const findGo = (env: NodeJS.ProcessEnv): string | undefined =>
  [...(env.PATH ?? "").split(delimiter), "/usr/local/go/bin", "/usr/lib/go/bin"]
    .map((directory) => join(directory, "go"))
    .find((path) => existsSync(path));

/** By this a finished build is known to be whole and current: module versions, their checksums, how it was built, the binary. */
const stampOf = (layout: Layout, recipe: Recipe): string => {
  const hash = createHash("sha256").update(buildArguments(recipe).join("\n"));
  for (const file of ["go.mod", "go.sum"])
    hash.update(readFileSync(join(layout.root, "packages/toolchain", recipe.folder, file)));
  return `${hash.digest("hex")} ${fileMark(recipe.place(layout))}\n`;
};

const progress = (compiled: number, downloaded: number, packages: number): string => {
  if (compiled > 0) return `${compiled} of about ${packages} packages compiled`;
  if (downloaded > 0) return `${downloaded} Go modules downloaded`;
  return "compiled before: linking";
};

/**
 * Builds a part, unless the finished one is there.
 *
 * @param work a directory of this run
 * @returns the path of the binary
 * @throws ToolchainError when Go is not there or the build fails
 */
export const build = async (
  recipe: Recipe,
  layout: Layout,
  work: string,
  { env, report }: SetupTools,
): Promise<string> => {
  const place = recipe.place(layout);
  const what = `${recipe.name} ${recipe.version}`;
  const stamp = join(layout.directory, `${recipe.folder}-stamp`);
  if (existsSync(place) && existsSync(stamp) && readFileSync(stamp, "utf8") === stampOf(layout, recipe))
    return place;
  const go = findGo(env);
  if (!go)
    throw new ToolchainError(
      `${what} could not be downloaded, and Go to build it from source is not installed. ` +
        "Install Go 1.26 or later (https://go.dev/dl), or run `make toolchain TOOLCHAIN_RETRY=1` where pulumi.com can be reached.",
    );
  const started = performance.now();
  report(`building ${what} from its Go module (${recipe.cost})`);
  const made = join(work, recipe.name);
  let compiled = 0;
  let downloaded = 0;
  const lines: string[] = [];
  const running = execa(go, [...buildArguments(recipe), "-o", made, recipe.package], {
    cwd: join(layout.root, "packages/toolchain", recipe.folder),
    env: { ...env, GOFLAGS: "", GOWORK: "off" },
    extendEnv: false,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    reject: false,
    buffer: false,
  });
  const read = (async () => {
    for await (const line of running.iterable({ from: "stderr" })) {
      if (line.startsWith("go: downloading")) downloaded += 1;
      else if (/^[\w./~-]+$/.test(line)) compiled += 1;
      else lines.push(line);
    }
  })();
  const result = await withProgress(
    report,
    (seconds) => `  ${seconds} s: ${progress(compiled, downloaded, recipe.packages)}`,
    Promise.all([running, read]).then(([ended]) => ended),
  );
  if (result.exitCode !== 0)
    throw new ToolchainError(
      `Building ${what} failed (${go} ended with ${result.exitCode ?? result.signal}):\n  ${lines.slice(-15).join("\n  ")}\n` +
        "Nothing was replaced. Run `make toolchain` again; what was compiled is kept.",
    );
  moveIntoPlace(made, place);
  writeAtomically(stamp, stampOf(layout, recipe));
  report(`built in ${Math.round((performance.now() - started) / 1000)} s`);
  return place;
};
