import { releaseEffect } from "./clients/maas.ts";
import { sayDuration } from "./config/duration.ts";
import { permit } from "./config/permissions.ts";
import type { Context, Row } from "./context.ts";
import { confirmGone } from "./destroy-model.ts";
import { TeardownError } from "./errors.ts";
import { somebodyElses } from "./guards/machine-guard.ts";
import { machineLook, type Seen, wasReleased } from "./look.ts";
import type { ReadyPoller } from "./ready-poller.ts";
import { type LabRecord, systemIds } from "./record.ts";
import type { Criterion } from "./run/event.ts";
import { type Run, shownPath } from "./run/run-directory.ts";
import { aligned, count, indent } from "./text/table.ts";

const modelLine = async (context: Context, lab: LabRecord): Promise<Criterion> => {
  const { model } = lab;
  if (!model)
    return { met: true, subject: `model ${context.settings.jujuModel}`, found: "gone (already at `up`)" };
  const subject = `model ${model.name}`;
  const seen = await confirmGone(context, model);
  if (seen.state === "gone") return { met: true, subject, found: "gone" };
  const found = seen.model
    ? `${seen.model.life} (${seen.model.status}${seen.model.statusMessage ? `: ${seen.model.statusMessage}` : ""})`
    : (seen.why ?? "cannot be seen for sure");
  return { met: false, subject, found, next: "pulumi up && pulumi destroy   # up adopts it again" };
};

const machineLine = (
  context: Context,
  lab: LabRecord,
  hostname: string,
  systemId: string,
  machine: Seen,
  released = false,
): Criterion => {
  const subject = `machine ${hostname} ${systemId}`;
  if (machine === "invisible") {
    return released
      ? { met: true, subject, found: "Ready once, somebody else's now (not visible to this API key)" }
      : {
          met: false,
          subject,
          found: "not visible to this API key",
          next: "use a key that sees all machines, then: pulumi destroy",
        };
  }
  if (machine === "vanished") {
    return context.settings.acceptDeleted.includes(systemId)
      ? { met: true, subject, found: "deleted from MAAS, accepted" }
      : {
          met: false,
          subject,
          found: "deleted from MAAS",
          next: permit(context.settings, "acceptDeleted", [systemId]),
        };
  }
  if (releaseEffect(machine.status) === "ready") return { met: true, subject, found: "Ready" };
  if (released && somebodyElses(machine, lab.model)) {
    const owner = machine.owner ? `, owned by ${machine.owner}` : "";
    return { met: true, subject, found: `Ready once, somebody else's now (${machine.statusName}${owner})` };
  }
  const owner = machine.owner ? `, owned by ${machine.owner}` : "";
  const profile = context.settings.maasProfile || "<profile>";
  return {
    met: false,
    subject,
    found: `${machine.statusName}${owner}`,
    next: `maas ${profile} machine read ${systemId}   # when it is Ready: pulumi destroy`,
  };
};

/**
 * Machines that Juju destroyed with the model although they are not listed, as `alsoDestroyed` permitted: Juju does not wait
 * until they are Ready, so we do.
 */
const alsoDestroyedLines = async (context: Context, run: Run, poller: ReadyPoller): Promise<Criterion[]> => {
  const permitted = run.journal
    .events()
    .flatMap((each) =>
      each.event === "guards-passed"
        ? each.findings.filter(({ guard, verdict, id }) => guard === "unlisted" && verdict === "note" && id)
        : [],
    );
  const ids = [...new Set(permitted.map(({ id = "" }) => id))];
  if (ids.length === 0) return [];
  const maas = await context.maas();
  const lookAt = machineLook(context);
  const found = await maas.machines({ systemIds: ids });
  const hostnames = new Map(found.map((machine) => [machine.systemId, machine.hostname]));
  return await Promise.all(
    ids.map(async (systemId) => {
      const hostname = hostnames.get(systemId);
      if (hostname === undefined)
        return machineLine(context, run.lab, "unlisted", systemId, await lookAt(systemId));
      return machineLine(context, run.lab, hostname, systemId, await poller.settled(systemId));
    }),
  );
};

const table = (lines: Criterion[]) =>
  aligned(lines.map(({ met, subject, found }) => [met ? "met" : "NOT MET", subject, found]));

/**
 * Reads everything afresh: the model gone, every machine Ready. When it is, the run is closed.
 *
 * @returns the lines of the verdict, and what comes next
 * @throws TeardownError `exit-criteria` with a table of what is wrong; the stack is not finished then
 */
export const checkExitCriteria = async (options: {
  context: Context;
  run: Run;
  lab: LabRecord;
  poller: ReadyPoller;
  row: Row;
}): Promise<string> => {
  const { context, run, lab, poller, row } = options;
  const began = context.clock.now();
  row.status("reading everything afresh");
  const maas = await context.maas();
  const [model, machines, also] = await Promise.all([
    modelLine(context, lab),
    maas.machines({ systemIds: systemIds(lab) }),
    alsoDestroyedLines(context, run, poller),
  ]);
  const byId = new Map(machines.map((machine) => [machine.systemId, machine]));
  const lookAt = machineLook(context);
  const own = await Promise.all(
    lab.machines.map(async (recorded) => {
      const { hostname, systemId } = recorded;
      // That a machine is not on a list proves nothing.
      const machine = byId.get(systemId) ?? (await lookAt(systemId));
      const isTheirs =
        machine === "invisible" || (typeof machine !== "string" && somebodyElses(machine, lab.model));
      const released = isTheirs && (await wasReleased(context, run, recorded));
      return machineLine(context, lab, hostname, systemId, machine, released);
    }),
  );
  const lines = [model, ...own, ...also];
  const met = lines.every((line) => line.met);
  const rows = table(lines);
  run.journal.write({
    event: "exit-criteria",
    met,
    criteria: lines,
    took: context.clock.now() - began,
  });
  if (!met) {
    const failing = lines.flatMap((line, at) =>
      line.met ? [] : [rows[at] ?? "", ...(line.next ? [indent(`next: ${line.next}`, 9)] : [])],
    );
    throw new TeardownError(
      "exit-criteria",
      `the exit criteria are not met: ${lines.filter((line) => !line.met).length} of ${lines.length}\n${failing.join("\n")}\nThe run stays open: ${shownPath(run.directory)}`,
    );
  }
  const opened = run.journal.events()[0]?.at;
  const took = opened ? context.clock.now() - Date.parse(opened) : 0;
  const { nextStep } = context.settings;
  const ready = lines.filter(({ found }) => found === "Ready").length;
  const accepted = lines.length - 1 - ready;
  run.journal.write({ event: "run-closed", outcome: "complete", took, nextStep });
  return [
    `exit criteria met after ${sayDuration(took)}: the model is gone, ${count(ready, "machine")} Ready${accepted ? `, ${accepted} accepted as deleted` : ""}`,
    ...rows,
    `captured and audited in ${shownPath(run.directory)}`,
    `journal.jsonl ends with ${run.journal.digest()}`,
    `proceed to ${nextStep}`,
  ].join("\n");
};
