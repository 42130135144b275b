import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { toolchainEnvironment } from "../../../packages/toolchain/environment.ts";
import { type EngineOptions, engineOptions } from "../../../teardown/clients/engine-options.ts";

const nothing: EngineOptions = {
  command: undefined,
  stack: undefined,
  cwd: undefined,
  configFile: undefined,
  targets: [],
  excludes: [],
  excludeProtected: false,
  message: undefined,
  runProgram: false,
  refresh: undefined,
};

describe("engine options: the command line", () => {
  const rows: [string[], Partial<EngineOptions>][] = [
    [[], {}],
    [["pulumi"], {}],
    [["/opt/pulumi", "destroy"], { command: "destroy" }],
    [["pulumi", "down", "--yes"], { command: "destroy" }],
    [["pulumi", "dn"], { command: "destroy" }],
    [["pulumi", "up"], { command: "up" }],
    [["pulumi", "update"], { command: "up" }],
    [["pulumi", "pre"], { command: "preview" }],
    [["pulumi", "refresh"], { command: "refresh" }],
    [["pulumi", "up", "-m", "destroy"], { command: "up", message: "destroy" }],
    [["pulumi", "-s", "destroy", "up"], { command: "up", stack: "destroy" }],
    [["pulumi", "-C", "/lab", "destroy"], { command: "destroy", cwd: "/lab" }],
    [["pulumi", "--color", "never", "--cwd=lab", "destroy"], { command: "destroy", cwd: "lab" }],
    [["pulumi", "destroy", "-s", "dev"], { command: "destroy", stack: "dev" }],
    [["pulumi", "destroy", "-sdev"], { command: "destroy", stack: "dev" }],
    [["pulumi", "destroy", "-s=dev"], { command: "destroy", stack: "dev" }],
    [["pulumi", "destroy", "-ys", "dev"], { command: "destroy", stack: "dev" }],
    [["pulumi", "destroy", "-yfsdev"], { command: "destroy", stack: "dev" }],
    [["pulumi", "destroy", "-yfs=dev"], { command: "destroy", stack: "dev" }],
    [["pulumi", "destroy", "--stack", "dev"], { command: "destroy", stack: "dev" }],
    [["pulumi", "destroy", "--stack=a/b/dev"], { command: "destroy", stack: "a/b/dev" }],
    [["pulumi", "destroy", "-s", "one", "--stack=two"], { command: "destroy", stack: "two" }],
    [["pulumi", "destroy", "-s", "-y"], { command: "destroy", stack: "-y" }],
    [["pulumi", "destroy", "-s"], { command: "destroy" }],
    [["pulumi", "destroy", "--", "-s", "dev"], { command: "destroy" }],
    [["pulumi", "destroy", "-", ""], { command: "destroy" }],
    [["pulumi", "destroy", "-m", "a = b"], { command: "destroy", message: "a = b" }],
    [["pulumi", "destroy", "-m="], { command: "destroy", message: "=" }],
    [["pulumi", "destroy", "--message="], { command: "destroy" }],
    [["pulumi", "destroy", "--config-file", "x.yaml"], { command: "destroy", configFile: "x.yaml" }],
    [
      ["pulumi", "destroy", "--config-path", "x.yaml", "--config-file=y=z.yaml"],
      { command: "destroy", configFile: "y=z.yaml" },
    ],
    [["pulumi", "destroy", "-c", "a:b=-t", "-tx"], { command: "destroy", targets: ["x"] }],
    [
      ["pulumi", "destroy", "-t", "a", "--target=b,c", "--target", "d", "--target-dependents"],
      { command: "destroy", targets: ["a", "b,c", "d"] },
    ],
    [["pulumi", "destroy", "-yx", "a", "--exclude=b"], { command: "destroy", excludes: ["a", "b"] }],
    [["pulumi", "destroy", "--exclude-protected"], { command: "destroy", excludeProtected: true }],
    [["pulumi", "destroy", "--exclude-protected=false"], { command: "destroy" }],
    [["pulumi", "destroy", "--exclude-protected", "false"], { command: "destroy", excludeProtected: true }],
    [["pulumi", "destroy", "--run-program"], { command: "destroy", runProgram: true }],
    [["pulumi", "destroy", "--run-program=T"], { command: "destroy", runProgram: true }],
    [["pulumi", "destroy", "--run-program", "--run-program=0"], { command: "destroy" }],
    [["pulumi", "destroy", "--refresh"], { command: "destroy", refresh: true }],
    [["pulumi", "destroy", "-ry"], { command: "destroy", refresh: true }],
    [["pulumi", "destroy", "-r=false"], { command: "destroy", refresh: false }],
    [["pulumi", "destroy", "-r", "false"], { command: "destroy", refresh: true }],
    [["pulumi", "destroy", "--suppress-permalink", "-s", "dev"], { command: "destroy", stack: "dev" }],
    [["pulumi", "destroy", "--a-newer-switch", "-s", "dev"], { command: "destroy", stack: "dev" }],
    [
      // As the Automation API starts it.
      ["pulumi", "destroy", "--exec-kind", "auto.local", "--client=127.0.0.1:1", "--event-log", "f", "-y"],
      { command: "destroy" },
    ],
  ];
  for (const [argv, expected] of rows) {
    it(JSON.stringify(argv.join(" ")), () => {
      expect(engineOptions(argv, {})).to.deep.equal({ ...nothing, ...expected });
    });
  }
});

describe("engine options: the environment", () => {
  const rows: [NodeJS.ProcessEnv, string[], Partial<EngineOptions>][] = [
    [{ PULUMI_OPTION_STACK: "dev" }, [], { stack: "dev" }],
    [{ PULUMI_OPTION_STACK: "dev", PULUMI_STACK: "other" }, [], { stack: "dev" }],
    [{ PULUMI_OPTION_STACK: "", PULUMI_STACK: "other" }, [], { stack: "other" }],
    [{ PULUMI_OPTION_STACK: "dev", PULUMI_STACK: "other" }, ["-s", "flag"], { stack: "flag" }],
    [{ PULUMI_OPTION_STACK: "dev", PULUMI_STACK: "other" }, ["-s="], { stack: "=" }],
    [{ PULUMI_OPTION_STACK: "dev", PULUMI_STACK: "other" }, ["--stack="], { stack: "other" }],
    [{ PULUMI_STACK: "" }, [], {}],
    [{ PULUMI_OPTION_CWD: "lab" }, [], { cwd: "lab" }],
    [{ PULUMI_OPTION_CONFIG_FILE: "a.yaml" }, [], { configFile: "a.yaml" }],
    [{ PULUMI_OPTION_CONFIG_FILE: "a.yaml" }, ["--config-file=b"], { configFile: "b" }],
    [{ PULUMI_OPTION_MESSAGE: "a, b" }, [], { message: "a, b" }],
    [{ PULUMI_OPTION_MESSAGE: "a" }, ["-mb"], { message: "b" }],
    [{ PULUMI_OPTION_TARGET: "" }, [], {}],
    [{ PULUMI_OPTION_TARGET: "a,b" }, [], { targets: ["a", "b"] }],
    [{ PULUMI_OPTION_TARGET: "a,b" }, ["-t", "c"], { targets: ["a", "b", "c"] }],
    [{ PULUMI_OPTION_TARGET: 'a,"b,""c"""\nd' }, [], { targets: ["a", 'b,"c"'] }],
    [{ PULUMI_OPTION_TARGET: 'a"b,c' }, [], { targets: ['a"b,c'] }],
    [{ PULUMI_OPTION_TARGET: "a,,b," }, [], { targets: ["a", "", "b", ""] }],
    [{ PULUMI_OPTION_EXCLUDE: "**m1" }, [], { excludes: ["**m1"] }],
    [{ PULUMI_OPTION_EXCLUDE_PROTECTED: "1" }, [], { excludeProtected: true }],
    [{ PULUMI_OPTION_REFRESH: "true" }, [], { refresh: true }],
    [{ PULUMI_OPTION_REFRESH: "true" }, ["--refresh=false"], { refresh: false }],
    [{ PULUMI_OPTION_RUN_PROGRAM: "True" }, [], { runProgram: true }],
    [{ PULUMI_RUN_PROGRAM: "TRUE" }, [], { runProgram: true }],
    [{ PULUMI_RUN_PROGRAM: "yes" }, [], {}],
    [{ PULUMI_RUN_PROGRAM: "1", PULUMI_OPTION_RUN_PROGRAM: "0" }, [], {}],
    [{ PULUMI_RUN_PROGRAM: "1", PULUMI_OPTION_RUN_PROGRAM: "no" }, [], { runProgram: true }],
    [{ PULUMI_RUN_PROGRAM: "1" }, ["--run-program=false"], {}],
  ];
  for (const [env, flags, expected] of rows) {
    it(`${JSON.stringify(env)} ${flags.join(" ")}`, () => {
      const read = engineOptions(["pulumi", "destroy", ...flags], env);
      expect(read).to.deep.equal({ ...nothing, command: "destroy", ...expected });
    });
  }

  it("is heard where the command line cannot be seen", () => {
    expect(engineOptions([], { PULUMI_OPTION_TARGET: "a" })).to.deep.equal({ ...nothing, targets: ["a"] });
  });
});

describe("engine options: the real CLI", function () {
  this.timeout(120_000);
  let folder = "";
  let env: NodeJS.ProcessEnv = {};
  let cli = "";
  /** What the CLI says, on whichever stream. */
  const pulumi = (args: string[], variables: NodeJS.ProcessEnv = {}): string => {
    const options = {
      cwd: join(folder, "project"),
      env: { ...env, ...variables },
      encoding: "utf8",
    } as const;
    try {
      return execFileSync(cli, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  };

  before(async () => {
    const toolchain = await toolchainEnvironment();
    cli = toolchain.pulumi;
    folder = mkdtempSync(join(tmpdir(), "options-"));
    for (const name of ["project", "state"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "project", "Pulumi.yaml"), "name: options\nruntime: nodejs\n");
    env = {
      ...process.env,
      ...toolchain.env,
      PULUMI_BACKEND_URL: `file://${folder}/state`,
      // Which stack is selected is kept there.
      PULUMI_HOME: join(folder, "home"),
      PULUMI_CONFIG_PASSPHRASE: "",
    };
    for (const name of ["dev", "other"]) pulumi(["stack", "init", name]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("takes a value for the same flags", () => {
    const wrong: string[] = [];
    for (const command of ["destroy", "up", "preview", "refresh"]) {
      const help = pulumi([command, "--help"]);
      const flags = [...help.matchAll(/^ +(?:-(\w), {1,2})?--([a-z-]+)(?: (\S+?))?(\[=.*?\])? {2,}/gm)];
      expect(flags.length, command).to.be.greaterThan(25);
      for (const [, letter, name, type, optional] of flags) {
        const takesNext = type !== undefined && type !== "false" && optional === undefined;
        for (const word of [`--${name}`, ...(letter ? [`-${letter}`] : [])]) {
          const read = engineOptions(["pulumi", word, "first", "second"], {}).command;
          if (read !== (takesNext ? "second" : "first")) wrong.push(`${command} ${word}`);
        }
      }
    }
    expect(wrong).to.deep.equal([]);
  });

  const forms: [string[], NodeJS.ProcessEnv?][] = [
    [["-s", "dev"]],
    [["-sdev"]],
    [["-s=dev"]],
    [["-is", "dev"]],
    [["-iusdev"]],
    [["-is=dev"]],
    [["--stack=dev"]],
    [["-s", "other", "--stack", "dev"]],
    [[], { PULUMI_OPTION_STACK: "dev" }],
    [[], { PULUMI_STACK: "dev" }],
    [["--stack="], { PULUMI_OPTION_STACK: "other", PULUMI_STACK: "dev" }],
    [[], { PULUMI_OPTION_STACK: "dev", PULUMI_STACK: "other" }],
    [["-sdev"], { PULUMI_OPTION_STACK: "other", PULUMI_STACK: "other" }],
  ];
  it("reads each form of a flag alike", () => {
    pulumi(["stack", "select", "other"]);
    for (const [flags, variables = {}] of forms) {
      const seen = pulumi(["stack", "--show-name", ...flags], variables).trim();
      const read = engineOptions(["pulumi", "stack", "--show-name", ...flags], variables).stack;
      expect([seen, read], JSON.stringify([flags, variables])).to.deep.equal(["dev", "dev"]);
    }
  });

  it("adds targets on the command line to those of the variable", () => {
    const destroy = ["destroy", "--yes", "--skip-preview", "-s", "dev"];
    const rows: [string, string[]][] = [
      ["a,b", ["-t", "c"]],
      ['"a,b"', ["--target=c"]],
      ['a"b,c', []],
    ];
    for (const [listed, flags] of rows) {
      const variables = { PULUMI_OPTION_TARGET: listed };
      const { targets } = engineOptions(["pulumi", ...destroy, ...flags], variables);
      const named = pulumi([...destroy, ...flags], variables).matchAll(/no resource named '(.*)' found/g);
      expect([...named].map(([, target]) => target)).to.deep.equal(targets.slice(0, 1));
    }
  });
});
