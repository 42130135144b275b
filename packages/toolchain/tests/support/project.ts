import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { environmentOf, projectRoot } from "../../environment.ts";
import { type Layout, layoutOf, type Part } from "../../parts.ts";
import { setUp } from "../../setup.ts";
import type { SetupTools } from "../../tools.ts";

/** Writes an executable shell script. */
export const script = (path: string, body: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
};

/** A CLI that says its version and reaches no network. */
const cliBody = (version: string) => `case "$1" in
version) echo v${version} ;;
plugin) echo "warning: Error downloading plugin: no such host"; echo "error: failed all 5 attempts" >&2; exit 1 ;;
esac`;
export const fakeCli = (path: string, version = "3.259.0"): void => script(path, cliBody(version));

/** The command plugin of a PULUMI_HOME. */
export const fakePlugin = (home: string): void =>
  script(join(home, "plugins/resource-command-v1.2.1/pulumi-resource-command"), "exit 0");

/** What Pulumi's own archive holds. */
export const officialInto = (bin: string, version?: string): void => {
  fakeCli(join(bin, "pulumi"), version);
  script(join(bin, "pulumi-language-nodejs"), "exit 0");
  script(join(bin, "pulumi-resource-pulumi-nodejs"), "exit 0");
};

/** A project of its own below `directory`, with an empty HOME, no Pulumi, and a `go` that only notes its calls. */
export type TestProject = {
  layout: Layout;
  env: NodeJS.ProcessEnv;
  home: string;
  /** A directory on PATH. */
  bin: string;
  report: string[];
  tools: SetupTools;
  /** How often `go` was started. */
  builds: () => number;
  /** Sets the toolchain up in a shell with `more` variables. */
  setUp: (more?: NodeJS.ProcessEnv) => Promise<{ parts: Part[]; env: Record<string, string> }>;
};

/** Where the tests' `go` notes its process ids. */
export const goCalls = (directory: string): string => join(directory, "go-calls");

/**
 * @param goBody shell commands that the `go` of this project runs before it "builds" a program
 */
export const testProject = (directory: string, goBody = ""): TestProject => {
  const root = join(directory, "project");
  for (const folder of ["engine", "language-host"]) {
    mkdirSync(join(root, "packages/toolchain", folder), { recursive: true });
    for (const file of ["go.mod", "go.sum"])
      writeFileSync(join(root, "packages/toolchain", folder, file), file);
  }
  symlinkSync(join(projectRoot, "node_modules"), join(root, "node_modules"));
  const bin = join(directory, "bin");
  const calls = goCalls(directory);
  // A built program is a CLI, or prints what a language host is started with.
  script(
    join(bin, "go"),
    `echo "$$" >> ${calls}
${goBody}
while [ "$1" != -o ]; do shift; done
case "$3" in
*/pulumi-language-nodejs) printf '#!/bin/sh\\nprintf "%%s\\\\n" "$(command -v node)" "$@"\\n' > "$2" ;;
*) printf '%s\\n' '#!/bin/sh' '${cliBody("3.259.0").replaceAll("'", "'\\''").replaceAll("\n", "' '")}' > "$2" ;;
esac
chmod +x "$2"`,
  );
  const home = join(directory, "home");
  mkdirSync(home);
  // Not /usr/bin itself: a Pulumi may be installed there.
  const utilities = join(directory, "utilities");
  mkdirSync(utilities);
  for (const name of ["chmod", "cp", "mkdir", "sed", "sleep", "touch"])
    symlinkSync(join(existsSync(join("/usr/bin", name)) ? "/usr/bin" : "/bin", name), join(utilities, name));
  const env = { HOME: home, PATH: `${bin}:${utilities}` };
  const layout = layoutOf(root);
  const report: string[] = [];
  const tools: SetupTools = {
    env,
    report: (line) => void report.push(line),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    now: () => new Date("2026-01-02T03:04:05Z"),
    installer: ["/bin/sh", "-c", "echo no network >&2; exit 1"],
    retry: false,
  };
  return {
    layout,
    env,
    home,
    bin,
    report,
    tools,
    builds: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n").length : 0),
    setUp: async (more = {}) => {
      const shell = { ...env, ...more };
      const parts = await setUp(layout, { ...tools, env: shell });
      return { parts, env: environmentOf(layout, parts, shell) };
    },
  };
};

/** An installer that does what Pulumi's does, in shell: `sh -c <this> sh <version> <directory>`. */
export const workingInstaller = (directory: string): readonly [string, ...string[]] => {
  officialInto(join(directory, "archive"));
  return ["/bin/sh", "-c", `mkdir -p "$2" && cp -r ${join(directory, "archive")} "$2/bin"`, "sh"];
};

/** The start of a program, as an interrupted download leaves it. */
export const halfOf = (program: string, place: string): void => {
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(program, place);
  truncateSync(place, 4096);
  chmodSync(place, 0o755);
};
