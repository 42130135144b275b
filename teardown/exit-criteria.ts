import type { MaasMachine } from "./clients/maas.ts";
import { releaseEffect } from "./clients/maas.ts";
import { sayDuration } from "./config/duration.ts";
import type { Context, Row } from "./context.ts";
import { confirmGone } from "./destroy-model.ts";
import { TeardownError } from "./errors.ts";
import { acceptDeleted } from "./guards/machine-guard.ts";
import type { ReadyPoller } from "./ready-poller.ts";
import { type LabRecord, systemIds } from "./record.ts";
import { dropLock } from "./run/lock.ts";
import { type Run, shownPath } from "./run/run-directory.ts";
import { aligned, count, indent } from "./text/table.ts";

type Line = { met: boolean; subject: string; found: string; next?: string };

const modelLine = async (context: Context, lab: LabRecord): Promise<Line> => {
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
  hostname: string,
  systemId: string,
  machine: MaasMachine | undefined,
): Line => {
  const subject = `machine ${hostname} ${systemId}`;
  if (!machine && systemId === "") return { met: true, subject, found: "not in MAAS, as at `up`" };
  if (!machine) {
    return context.settings.acceptDeleted.includes(hostname)
      ? { met: true, subject, found: "deleted from MAAS, accepted" }
      : { met: false, subject, found: "deleted from MAAS", next: acceptDeleted(context.settings, hostname) };
  }
  if (releaseEffect(machine.status) === "ready") return { met: true, subject, found: "Ready" };
  const owner = machine.owner ? `, owned by ${machine.owner}` : "";
  const profile = context.settings.maasProfile || "<profile>";
  return {
    met: false,
    subject,
    found: `${machine.statusName}${owner}`,
    next: `maas ${profile} machine read ${systemId}   # when it is Ready: pulumi destroy`,
  };
};

/** Machines that Juju destroyed with the model although they are not listed: Juju does not wait until they are Ready, so we do. */
const alsoDestroyedLines = async (context: Context, poller: ReadyPoller): Promise<Line[]> => {
  const { alsoDestroyed } = context.settings;
  if (alsoDestroyed.length === 0) return [];
  const maas = await context.maas();
  const found = new Map(
    (await maas.machines({ hostnames: alsoDestroyed })).map((machine) => [machine.hostname, machine]),
  );
  return await Promise.all(
    alsoDestroyed.map(async (hostname) => {
      const machine = found.get(hostname);
      if (!machine) return machineLine(context, hostname, "-", undefined);
      const settled = await poller.settled(machine.systemId);
      return machineLine(context, hostname, machine.systemId, settled === "vanished" ? undefined : settled);
    }),
  );
};

const table = (lines: Line[]) =>
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
    alsoDestroyedLines(context, poller),
  ]);
  const byId = new Map(machines.map((machine) => [machine.systemId, machine]));
  const lines = [
    model,
    ...lab.machines.map(({ hostname, systemId }) =>
      machineLine(context, hostname, systemId, byId.get(systemId)),
    ),
    ...also,
  ];
  const met = lines.every((line) => line.met);
  const rows = table(lines);
  run.journal.write({ event: "exit-criteria", met, lines: rows, took: context.clock.now() - began });
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
  dropLock(run.lock);
  const ready = lines.filter(({ found }) => found === "Ready").length;
  const accepted = lines.length - 1 - ready;
  run.journal.write({ event: "run-closed", outcome: "complete", took, nextStep });
  return [
    `exit criteria met after ${sayDuration(took)}: the model is gone, ${count(ready, "machine")} Ready${accepted ? `, ${accepted} accepted as deleted` : ""}`,
    ...rows,
    `captured and audited in ${shownPath(run.directory)}`,
    `proceed to ${nextStep}`,
  ].join("\n");
};
