import { closeSync, constants, createReadStream, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { type SeenProvider, watchProvider } from "./provider-watch.ts";

/** One event of the engine, with the moment at which it arrived here: the engine's own times are whole seconds. */
export type EngineEvent = { at: number; kind: string; op: string; urn: string };

/** One run of the CLI. Times are epoch ms. */
export type TimedRun = {
  code: number;
  output: string;
  began: number;
  ended: number;
  events: EngineEvent[];
  provider: SeenProvider | undefined;
};

type Metadata = { metadata?: { op?: string; urn?: string } };
const kinds = ["preludeEvent", "resourcePreEvent", "resOutputsEvent", "resOpFailedEvent", "summaryEvent"];

/** Reads a line of the event log; undefined for the kinds that nobody asks for. */
export const readEvent = (line: string, at: number): EngineEvent | undefined => {
  const event = JSON.parse(line) as Record<string, Metadata>;
  const kind = kinds.find((name) => name in event);
  if (!kind) return undefined;
  const { op = "", urn = "" } = event[kind]?.metadata ?? {};
  return { at, kind, op, urn };
};

/** Runs the CLI and follows its event log, which goes through a pipe so that each event's arrival can be timed. */
export const timedCli = async (options: {
  cli: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Where the pipe may be made. */
  directory: string;
}): Promise<TimedRun> => {
  const { cli, args, cwd, env, directory } = options;
  const pipe = join(directory, `events-${process.pid}-${Date.now()}`);
  await execa("mkfifo", [pipe]);
  const events: EngineEvent[] = [];
  const stream = createReadStream(pipe);
  const lines = createInterface({ input: stream });
  const read = new Promise<void>((resolve) => lines.once("close", resolve));
  lines.on("line", (line) => {
    const event = readEvent(line, Date.now());
    if (event) events.push(event);
  });
  const began = Date.now();
  const running = execa(cli, [...args, "--event-log", pipe, "--non-interactive", "--color", "never"], {
    cwd,
    env: { ...env, PULUMI_DEBUG_COMMANDS: "true" },
    reject: false,
    all: true,
    stdin: "ignore",
  });
  const watch = watchProvider(running.pid ?? 0);
  const { exitCode, all } = await running;
  const ended = Date.now();
  const provider = watch.stop();
  // A CLI that never opened the pipe would keep its reader waiting.
  closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
  await read;
  rmSync(pipe);
  return { code: exitCode ?? -1, output: String(all ?? ""), began, ended, events, provider };
};
