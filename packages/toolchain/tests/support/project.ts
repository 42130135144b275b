import { chmodSync, copyFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot, toolchainEnvironment } from "../../environment.ts";
import { type Layout, layoutOf } from "../../layout.ts";
import type { SetupTools } from "../../tools.ts";

/** Writes an executable shell script. */
export const script = (path: string, body: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
};

/** A project of its own below `directory`, with an empty HOME, no Pulumi, and a `go` that only notes its calls. */
export type TestProject = {
  layout: Layout;
  env: NodeJS.ProcessEnv;
  home: string;
  /** One line for each start of `go`. */
  goCalls: string;
  report: string[];
  tools: SetupTools;
};

/**
 * @param goBody shell commands that the `go` of this project runs before it "builds" an engine
 */
export const testProject = (directory: string, goBody = ""): TestProject => {
  const root = join(directory, "project");
  mkdirSync(join(root, "packages/toolchain/engine"), { recursive: true });
  for (const file of ["go.mod", "go.sum"]) writeFileSync(join(root, "packages/toolchain/engine", file), file);
  symlinkSync(join(projectRoot, "node_modules"), join(root, "node_modules"));
  symlinkSync(join(projectRoot, "packages/toolchain/stand-ins"), join(root, "packages/toolchain/stand-ins"));
  const goCalls = join(directory, "go-calls");
  script(
    join(directory, "bin/go"),
    `echo "$$" >> ${goCalls}
${goBody}
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho v3.259.0\\n' > "$2"
chmod +x "$2"`,
  );
  const home = join(directory, "home");
  mkdirSync(home);
  // A proxy that does not exist: tests reach no network.
  const env = {
    HOME: home,
    PATH: `${join(directory, "bin")}:/usr/bin:/bin`,
    HTTPS_PROXY: "http://127.0.0.1:1",
  };
  const report: string[] = [];
  return {
    layout: layoutOf(root),
    env,
    home,
    goCalls,
    report,
    tools: {
      env,
      report: (line) => void report.push(line),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      now: () => new Date("2026-01-02T03:04:05Z"),
      installer: ["/bin/sh", "-c", "echo no network >&2; exit 1"],
      retry: false,
    },
  };
};

/** Puts a CLI of our version, which is a program and not a script, and a language host into a directory. */
export const officialInto = async (bin: string): Promise<void> => {
  const { pulumi } = await toolchainEnvironment();
  mkdirSync(bin, { recursive: true });
  symlinkSync(pulumi, join(bin, "pulumi"));
  symlinkSync(process.execPath, join(bin, "pulumi-language-nodejs"));
};

/** An installer that does what Pulumi's does, in shell: `sh -c <this> sh <version> <directory>`. */
export const workingInstaller = async (): Promise<readonly [string, ...string[]]> => {
  const { pulumi } = await toolchainEnvironment();
  const body = `mkdir -p "$2/bin" && ln -s '${pulumi}' "$2/bin/pulumi" && ln -s '${process.execPath}' "$2/bin/pulumi-language-nodejs"`;
  return ["/bin/sh", "-c", body, "sh"];
};

/** The start of a program, as an interrupted download leaves it. */
export const halfOf = (program: string, place: string): void => {
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(program, place);
  truncateSync(place, 4096);
  chmodSync(place, 0o755);
};
