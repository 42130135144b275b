import { ensureCapture } from "../teardown/capture.ts";
import { engineOptions } from "../teardown/clients/engine-options.ts";
import { engineProcess } from "../teardown/clients/engine-process.ts";
import { execProgram } from "../teardown/clients/exec.ts";
import { type Exec, jujuClient } from "../teardown/clients/juju.ts";
import { realClock } from "../teardown/clock.ts";
import { sayDuration } from "../teardown/config/duration.ts";
import { stackSettings } from "../teardown/config/stack-settings.ts";
import { engineIdentity } from "../teardown/engine-identity.ts";
import { TeardownError } from "../teardown/errors.ts";
import { writeReport } from "../teardown/report/write-report.ts";
import { findOpenRun, shownPath } from "../teardown/run/run-directory.ts";

const capture = async (project: string, stack: string): Promise<string> => {
  const settings = await stackSettings(stack);
  const run = findOpenRun({
    backupRoot: settings.backupRoot,
    backupLabel: settings.backupLabel,
    project,
    stack,
    modelUuid: undefined,
  });
  if (!run) {
    // Preflight opens the run. Where Preflight has left the stack and the run directory is lost or elsewhere now, the
    // destroy captures by itself before its first destructive call.
    const { command } = engineOptions(engineProcess()?.argv ?? [], process.env);
    if (command === "destroy") return "no run directory yet: captured right before anything is destroyed";
    // An `up` that comes this far stops here (engine.md 1.4).
    throw new TeardownError(
      "capture",
      "no teardown has begun, so there is nothing to capture for; nothing was touched\nTo begin one: pulumi up && pulumi destroy",
    );
  }
  const controller = run.lab.model?.controller ?? settings.jujuController;
  // The command plugin kills this process at once when the operator cancels (engine.md 11): juju must not live on then.
  const exec: Exec = (ask) => execProgram({ ...ask, leash: true });
  const juju = jujuClient({ controller: controller || undefined, exec });
  const context = { settings, juju, clock: realClock };
  const began = Date.now();
  const files = await ensureCapture(context, run, { by: "backup", engine: engineIdentity() }).catch(
    (error: unknown) => {
      writeReport(run.directory);
      throw error;
    },
  );
  const list = files.map(
    ({ name, bytes, sha256 }) => `  ${sha256.slice(0, 12)}  ${String(bytes).padStart(8)}  ${name}`,
  );
  // The last line is what stays on the row.
  return [
    ...list,
    `captured ${files.length} files in ${sayDuration(Date.now() - began)}: ${shownPath(run.directory)}`,
  ].join("\n");
};

/** What the Backup's command starts: takes the capture of the open run, or finds that it holds. Exits with 1 when it cannot. */
export const life: { run: () => Promise<void> } = {
  run: async () => {
    const [project = "", stack = ""] = process.argv.slice(1);
    try {
      console.log(await capture(project, stack));
    } catch (error) {
      console.error(
        error instanceof TeardownError
          ? error.message
          : `internal error (please report it): ${(error as Error).message}`,
      );
      process.exitCode = 1;
    }
  },
};
