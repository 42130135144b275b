import { ensureCapture } from "../teardown/capture.ts";
import { engineOptions } from "../teardown/clients/engine-options.ts";
import { engineProcess, isAlive } from "../teardown/clients/engine-process.ts";
import { execProgram } from "../teardown/clients/exec.ts";
import { plainText } from "../teardown/clients/juju/errors.ts";
import { type Exec, jujuClient } from "../teardown/clients/juju.ts";
import { realClock } from "../teardown/clock.ts";
import { sayDuration } from "../teardown/config/duration.ts";
import { stackSettings } from "../teardown/config/stack-settings.ts";
import { engineIdentity } from "../teardown/engine-identity.ts";
import { TeardownError } from "../teardown/errors.ts";
import { writeReport } from "../teardown/report/write-report.ts";
import { findOpenRun, type Run, runKey, shownPath } from "../teardown/run/run-directory.ts";
import type { StopReason } from "../teardown/stopping.ts";

// How often it is looked whether the engine still lives, in ms: it may be killed without a word to this process.
const lookAtEngine = 500;

// What juju says may hold terminal escapes, and the engine prints what this prints as it is.
const say = (text: string): void => console.log(plainText(text));

/** What is left of this destroy's deadline: it counts from when the provider began. */
const timeLeft = ({ journal }: Run, engine: string | undefined, deadline: number): number => {
  const began = journal.events().findLast(({ event }) => event === "destroy-started");
  const isOurs = began?.event === "destroy-started" && began.engine !== undefined && began.engine === engine;
  // A clock that was set back in between must not make it longer.
  return isOurs ? deadline - Math.max(0, Date.now() - Date.parse(began.at)) : deadline;
};

const capture = async (project: string, stack: string): Promise<string> => {
  const above = engineProcess();
  const engine = engineIdentity();
  const stopping = new AbortController();
  const { signal } = stopping;
  const stop = (reason: StopReason) => stopping.abort(reason);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(name, () => stop({ why: "cancelled" }));
  /** Nothing is written once the engine is gone: the next destroy may be at it. */
  const mayWrite = (): boolean => {
    const lives = above === undefined || isAlive(above);
    if (!lives) stop({ why: "engine-gone" });
    return lives;
  };
  setInterval(mayWrite, lookAtEngine).unref();

  const settings = await stackSettings(stack, signal);
  const run = findOpenRun(runKey(settings, { project, stack }));
  if (!run) {
    // Preflight opens the run. Where Preflight has left the stack and the run directory is lost or elsewhere now, the
    // destroy captures by itself before its first destructive call.
    const { command } = engineOptions(above?.argv ?? [], process.env);
    if (command === "destroy") return "no run directory yet: captured right before anything is destroyed";
    // An `up` that comes this far stops here (engine.md 1.4).
    throw new TeardownError(
      "capture",
      "no teardown has begun, so there is nothing to capture for; nothing was touched\nTo begin one: pulumi up && pulumi destroy",
    );
  }
  const { deadline } = settings;
  setTimeout(
    () => stop({ why: "deadline", after: deadline }),
    Math.max(0, timeLeft(run, engine, deadline)),
  ).unref();
  const controller = run.lab.model?.controller ?? settings.jujuController;
  // The command plugin kills this process at once when the operator cancels (engine.md 11): juju must not live on then.
  const exec: Exec = (ask) => execProgram({ ...ask, leash: true });
  const juju = jujuClient({ controller: controller || undefined, exec, signal });
  const context = { settings, juju, clock: realClock, signal, say, mayWrite };
  const began = performance.now();
  const files = await ensureCapture(context, run, { by: "backup", engine }).catch((error: unknown) => {
    if (mayWrite()) writeReport(run.directory);
    throw error;
  });
  const list = files.map(
    ({ name, bytes, sha256 }) => `  ${sha256.slice(0, 12)}  ${String(bytes).padStart(8)}  ${name}`,
  );
  // The last line is what stays on the row.
  return [
    ...list,
    `captured ${files.length} files in ${sayDuration(performance.now() - began)}: ${shownPath(run.directory)}`,
  ].join("\n");
};

/** What the Backup's command starts: takes the capture of the open run, or finds that it holds. Exits with 1 when it cannot. */
export const life: { run: () => Promise<void> } = {
  run: async () => {
    const [project = "", stack = ""] = process.argv.slice(1);
    try {
      say(await capture(project, stack));
    } catch (error) {
      const text =
        error instanceof TeardownError
          ? error.message
          : `internal error (please report it): ${(error as Error).message}`;
      console.error(plainText(text));
      process.exitCode = 1;
    }
  },
};
