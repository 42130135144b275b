import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { ToolchainError } from "./errors.ts";
import { moveIntoPlace, writeAtomically } from "./files.ts";
import type { Layout } from "./layout.ts";
import { fileMark } from "./parts.ts";
import { type Report, withProgress } from "./report.ts";
import { versions } from "./versions.ts";

const module = "github.com/pulumi/pulumi";

/** As Pulumi releases its binaries: without paths and debug data, with the version compiled in. */
const buildArguments = [
  "build",
  "-v",
  "-trimpath",
  "-buildvcs=false",
  "-ldflags",
  `-s -w -X ${module}/sdk/v3/go/common/version.Version=v${versions.pulumi}`,
  "-mod=readonly",
];

/** Packages that the build goes through with an empty cache; only for the progress line. */
const packagesOfTheEngine = 1690;

/** Absolute path of `go`: on PATH, or where its installer and distributions put it. */
export const findGo = (env: NodeJS.ProcessEnv): string | undefined =>
  [...(env.PATH ?? "").split(delimiter), "/usr/local/go/bin", "/usr/lib/go/bin"]
    .map((directory) => join(directory, "go"))
    .find((path) => existsSync(path));

/** Changes whenever the engine has to be built anew: module versions, their checksums, and how it is built. */
const recipe = (layout: Layout): string => {
  const hash = createHash("sha256").update(buildArguments.join("\n"));
  for (const file of ["go.mod", "go.sum"])
    hash.update(readFileSync(join(layout.root, "packages/toolchain/engine", file)));
  return hash.digest("hex");
};

/** The command line by which a built engine is known to be whole and current. */
const stampOf = (layout: Layout, path: string): string => `${recipe(layout)} ${fileMark(path)}\n`;

/** Whether `.toolchain` holds a finished engine, built from today's go.mod. */
export const isBuilt = (layout: Layout): boolean => {
  const path = join(layout.bin, "pulumi");
  const stamp = join(layout.directory, "engine-stamp");
  return existsSync(path) && existsSync(stamp) && readFileSync(stamp, "utf8") === stampOf(layout, path);
};

const progress = ({ compiled, downloaded }: { compiled: number; downloaded: number }): string => {
  if (compiled > 0) return `${compiled} of about ${packagesOfTheEngine} packages compiled`;
  if (downloaded > 0) return `${downloaded} Go modules downloaded`;
  return "compiled before: linking";
};

const tail = (lines: readonly string[]): string => lines.slice(-15).join("\n  ");

/**
 * Builds CLI and engine from Pulumi's Go module, in a version that go.mod and go.sum pin. About 4 minutes on two
 * cores with an empty Go cache, seconds with a full one.
 *
 * @param work an empty directory of this run
 * @returns the path of the binary
 * @throws ToolchainError when Go is not there or the build fails
 */
export const buildEngine = async (
  layout: Layout,
  work: string,
  { env, report }: { env: NodeJS.ProcessEnv; report: Report },
): Promise<string> => {
  const place = join(layout.bin, "pulumi");
  if (isBuilt(layout)) return place;
  const go = findGo(env);
  if (!go)
    throw new ToolchainError(
      `Pulumi ${versions.pulumi} could not be downloaded, and Go to build it from source is not installed. ` +
        "Install Go 1.26 or later (https://go.dev/dl), or run `make toolchain TOOLCHAIN_RETRY=1` where pulumi.com can be reached.",
    );
  const started = performance.now();
  report(`building pulumi ${versions.pulumi} from its Go module (about 4 minutes the first time, 115 MB)`);
  mkdirSync(work, { recursive: true });
  const made = join(work, "pulumi");
  let compiled = 0;
  let downloaded = 0;
  const lines: string[] = [];
  const build = execa(go, [...buildArguments, "-o", made, `${module}/pkg/v3/cmd/pulumi`], {
    cwd: join(layout.root, "packages/toolchain/engine"),
    env: { ...env, GOFLAGS: "", GOWORK: "off" },
    extendEnv: false,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    reject: false,
    buffer: false,
  });
  const read = (async () => {
    for await (const line of build.iterable({ from: "stderr" })) {
      if (line.startsWith("go: downloading")) downloaded += 1;
      else if (/^[\w./~-]+$/.test(line)) compiled += 1;
      else lines.push(line);
    }
  })();
  const result = await withProgress(
    report,
    (seconds) => `  ${seconds} s: ${progress({ compiled, downloaded })}`,
    Promise.all([build, read]).then(([ended]) => ended),
  );
  if (result.exitCode !== 0)
    throw new ToolchainError(
      `Building pulumi ${versions.pulumi} failed (${go} ended with ${result.exitCode ?? result.signal}):\n  ${tail(lines)}\nNothing was replaced. Run \`make toolchain\` again; what was compiled is kept.`,
    );
  const { stdout } = await execa(made, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
  if (stdout.trim() !== `v${versions.pulumi}`)
    throw new ToolchainError(`The engine built calls itself ${stdout.trim()}, expected v${versions.pulumi}.`);
  moveIntoPlace(made, place);
  writeAtomically(join(layout.directory, "engine-stamp"), stampOf(layout, place));
  report(`built in ${Math.round((performance.now() - started) / 1000)} s`);
  return place;
};
