import type { ChildProcess } from "node:child_process";
import { expect } from "chai";
import type { CommandInputs } from "../../stand-ins/command/inputs.ts";
import { type CommandRun, type Printed, runCommand } from "../../stand-ins/command/run.ts";
import { rejectionOf } from "../support/rejected.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const lines: string[] = [];
const started: ChildProcess[] = [];

const run = async (
  script: string,
  inputs: CommandInputs = {},
  more: Partial<CommandRun> = {},
): Promise<Printed> =>
  runCommand({
    script,
    inputs,
    previous: { stdout: "", stderr: "" },
    showLine: async (line) => void lines.push(line),
    onStart: (child) => {
      started.push(child);
      return () => {};
    },
    ...more,
  });

describe("a command of the command plugin's stand-in", () => {
  const directory = temporaryDirectory();
  beforeEach(() => {
    lines.length = 0;
    started.length = 0;
  });

  it("gives both outputs without their last line break", async () => {
    expect(await run("echo one; echo two; echo three >&2")).to.deep.equal({
      stdout: "one\ntwo",
      stderr: "three",
    });
  });

  it("fails with the exit status, the script and what it printed on both streams", async () => {
    expect(await rejectionOf(run("echo out; echo err >&2; exit 3"))).to.match(
      /^exit status 3: running "echo out; echo err >&2; exit 3":\n/,
    );
    const both = await rejectionOf(run("echo out; sleep 0.1; echo err >&2; exit 3"));
    expect(both.split("\n").slice(1)).to.deep.equal(["out", "err", ""]);
  });

  it("names the signal that ended it", async () => {
    expect(await rejectionOf(run("kill -KILL $$"))).to.match(/^signal: killed: running/);
  });

  it("shows whole lines, also when they arrive in pieces, and the rest at the end", async () => {
    await run("printf 'on'; sleep 0.1; printf 'e\\ntwo\\nrest'");
    expect(lines).to.deep.equal(["one", "two", "rest"]);
  });

  for (const [logging, shown] of [
    ["stdout", ["out"]],
    ["stderr", ["err"]],
    ["none", []],
    ["stdoutAndStderr", ["err", "out"]],
  ] as const)
    it(`shows with logging "${logging}" only what that names, and returns all`, async () => {
      const printed = await run("echo out; echo err >&2", { logging });
      expect(lines.toSorted()).to.deep.equal(shown);
      expect(printed).to.deep.equal({ stdout: "out", stderr: "err" });
    });

  it("runs in dir, with environment, stdin and interpreter", async () => {
    const inputs: CommandInputs = {
      dir: directory(),
      environment: { COLOUR: "blue" },
      stdin: "from stdin",
      interpreter: [process.execPath, "-e"],
    };
    const script =
      "console.log(process.cwd(), process.env.COLOUR, require('node:fs').readFileSync(0, 'utf8'))";
    const { stdout } = await run(script, inputs);
    expect(stdout).to.match(/toolchain-test-\w+ blue from stdin$/);
  });

  it("does not fail when the command never reads a long stdin", async () => {
    expect((await run("echo done", { stdin: "x".repeat(1_000_000) })).stdout).to.equal("done");
  });

  it("passes on what the create before it printed, unless that is switched off", async () => {
    const script = 'echo "$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR"';
    const previous = { stdout: "created", stderr: "warned" };
    expect((await run(script, {}, { previous })).stdout).to.equal("created/warned");
    expect((await run(script, { addPreviousOutputInEnv: false }, { previous })).stdout).to.equal("/");
  });

  it("says which directory or interpreter does not exist", async () => {
    expect(await rejectionOf(run("true", { dir: "/no/such/place" }))).to.contain("chdir /no/such/place");
    expect(await rejectionOf(run("true", { interpreter: ["/no/such/shell"] }))).to.contain("/no/such/shell");
  });
});
