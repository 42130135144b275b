import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { CommandInputs } from "./inputs.ts";

/** What a command printed, each without its last line break. */
export type Printed = { stdout: string; stderr: string };

export type CommandRun = {
  script: string;
  inputs: CommandInputs;
  /** What the create or update before this printed: PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR of this one. */
  previous: Printed;
  showLine: (line: string) => Promise<void>;
  /** Called with the process as soon as it runs, and told when it has ended. */
  onStart: (child: ChildProcess) => () => void;
};

/** Gives `show` each whole line of the chunks that it is fed, and the rest at the end. */
const lineSplitter = (show: (line: string) => void): { feed: (chunk: string) => void; end: () => void } => {
  let rest = "";
  return {
    feed: (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) show(line.replace(/\r$/, ""));
    },
    end: () => {
      if (rest) show(rest);
      rest = "";
    },
  };
};

const withoutLastBreak = (text: string): string => text.replace(/\n$/, "");

/** The official plugin's words (Go's os/exec) for how a process ended; undefined for success. */
const failureOf = (code: number | null, signal: NodeJS.Signals | null): string | undefined => {
  if (signal === "SIGKILL") return "signal: killed";
  if (signal) return `signal: ${signal}`;
  return code === 0 ? undefined : `exit status ${code}`;
};

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Runs one command to its end, which is when its output pipes close: a grandchild that holds them is waited for, as
 * the official plugin does.
 *
 * @returns what it printed
 * @throws Error `exit status 3: running "<script>":` followed by what it printed on both streams
 */
export const runCommand = ({ script, inputs, previous, showLine, onStart }: CommandRun): Promise<Printed> => {
  const { dir, environment, interpreter = [], logging = "stdoutAndStderr", stdin = "" } = inputs;
  const [program = "/bin/sh", ...leading] = interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"];
  const shown = { stdout: /^stdout/.test(logging), stderr: /stderr$/i.test(logging) };
  const failed = (reason: string, output: string): Error =>
    new Error(`${reason}: running ${JSON.stringify(script)}:\n${output}`);
  if (dir !== undefined && !isDirectory(dir)) throw failed(`chdir ${dir}: no such directory`, "");
  const previousOutput =
    inputs.addPreviousOutputInEnv === false
      ? {}
      : {
          ...(previous.stdout ? { PULUMI_COMMAND_STDOUT: previous.stdout } : {}),
          ...(previous.stderr ? { PULUMI_COMMAND_STDERR: previous.stderr } : {}),
        };

  return new Promise((resolve, reject) => {
    const child = spawn(program, [...leading, script], {
      cwd: dir,
      env: { ...process.env, ...environment, ...previousOutput },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const ended = onStart(child);
    const printed = { stdout: "", stderr: "" };
    let both = "";
    const shows: Promise<void>[] = [];
    const lines = lineSplitter((line) => shows.push(showLine(line)));
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        printed[name] += chunk;
        both += chunk;
        if (shown[name]) lines.feed(chunk);
      });
    // A command that does not read its input closes the pipe early: EPIPE is no failure.
    child.stdin.on("error", () => {}).end(stdin);
    child.once("error", (error) => {
      ended();
      reject(failed(error.message, both));
    });
    child.once("close", (code, signal) => {
      ended();
      lines.end();
      const failure = failureOf(code, signal);
      void Promise.all(shows).then(() => {
        if (failure) reject(failed(failure, both));
        else resolve({ stdout: withoutLastBreak(printed.stdout), stderr: withoutLastBreak(printed.stderr) });
      });
    });
  });
};
