import { releaseEffect } from "./clients/maas.ts";
import { sayDuration } from "./config/duration.ts";
import { permit } from "./config/permissions.ts";
import type { Settings } from "./config/settings.ts";
import type { Context, Row } from "./context.ts";
import { confirmGone } from "./destroy-model.ts";
import { TeardownError } from "./errors.ts";
import { isLost } from "./guards/model-guard.ts";
import type { ReadyPoller } from "./ready-poller.ts";
import type { LabRecord, MachineRecord } from "./record.ts";
import type { Criterion } from "./run/event.ts";
import { type Run, shownPath } from "./run/run-directory.ts";
import { throwIfStopped } from "./stopping.ts";
import { type MaasSurvey, type Survey, survey } from "./survey.ts";
import { quoted } from "./text/quoted.ts";
import { aligned, count, indent } from "./text/table.ts";

const modelCriterion = ({ juju }: Survey, { model }: LabRecord, settings: Settings): Criterion => {
  if (!model) return { met: true, subject: `model ${settings.jujuModel}`, found: "gone (already at `up`)" };
  const subject = `model ${model.name}`;
  if (isLost(juju, model, settings))
    return {
      met: true,
      subject,
      found: "its controller is lost, accepted by `controllerLost`",
      by: "accepted",
    };
  const next = "pulumi up   # adopts it again; then: pulumi preview";
  if (!juju.answered)
    return { met: false, subject, found: juju.said.split("\n")[0] ?? "", next: "pulumi destroy" };
  const { state, model: seen, why } = juju.presence ?? { state: "unclear" as const };
  if (state === "gone") return { met: true, subject, found: "gone" };
  return {
    met: false,
    subject,
    found: seen
      ? `${seen.life} (${seen.status}${seen.statusMessage ? `: ${seen.statusMessage}` : ""})`
      : (why ?? "cannot be seen for sure"),
    next,
  };
};

const machineCriterion = (
  maas: MaasSurvey,
  { hostname, systemId }: Pick<MachineRecord, "hostname" | "systemId">,
  settings: Settings,
): Criterion => {
  const subject = `machine ${hostname} ${systemId}`;
  const machine = maas.machines.find((each) => each.systemId === systemId);
  const owner = machine?.owner ? `, owned by ${machine.owner}` : "";
  const profile = settings.maasProfile ? quoted(settings.maasProfile) : "<profile>";
  if (machine && releaseEffect(machine.status) === "ready") return { met: true, subject, found: "Ready" };
  if (maas.taken.has(systemId)) {
    const now = machine ? `${machine.statusName}${owner}` : "not visible to this API key";
    return { met: true, subject, found: `Ready once, somebody else's now (${now})`, by: "taken" };
  }
  if (machine) {
    return {
      met: false,
      subject,
      found: `${machine.statusName}${owner}`,
      next: `maas ${profile} machine read ${quoted(systemId)}   # when it is Ready: pulumi destroy`,
    };
  }
  if (maas.absent.get(systemId) !== "vanished") {
    return {
      met: false,
      subject,
      found: "not visible to this API key",
      next: "use a key that sees all machines, then: pulumi destroy",
    };
  }
  return settings.acceptDeleted.includes(systemId)
    ? { met: true, subject, found: "deleted from MAAS, accepted", by: "accepted" }
    : {
        met: false,
        subject,
        found: "deleted from MAAS",
        next: permit(settings, "acceptDeleted", [systemId]),
      };
};

/** Whether a survey meets the exit criteria: the model gone, every machine Ready. Pure. The model is the first of the criteria. */
export const judgeExit = (seen: Survey, record: LabRecord, settings: Settings): Criterion[] => {
  const { maas } = seen;
  return [
    modelCriterion(seen, record, settings),
    ...(maas.answered
      ? record.machines.map((machine) => machineCriterion(maas, machine, settings))
      : [
          {
            met: false,
            subject: `MAAS ${maas.url}`,
            found: maas.said.split("\n")[0] ?? "",
            next: "pulumi destroy",
          },
        ]),
  ];
};

/** The machines that Juju destroyed with the model although they are not listed, as `alsoDestroyed` permitted. */
export const alsoDestroyed = (run: Run): MachineRecord[] => {
  const permitted = run.journal
    .events()
    .flatMap((each) =>
      each.event === "guards-passed" || each.event === "unlisted-permitted" ? each.findings : [],
    )
    .flatMap((finding): MachineRecord[] =>
      finding.code === "unlisted" && finding.inMaas
        ? [{ hostname: finding.hostname, systemId: finding.id, owner: "" }]
        : finding.code === "words" && finding.guard === "unlisted" && finding.id
          ? [{ hostname: "unlisted", systemId: finding.id, owner: "" }]
          : [],
    );
  return [...new Map(permitted.map((machine) => [machine.systemId, machine])).values()];
};

/** A controller counts as lost here only if it did for the guards: one that is away just now, at the end, is waited for. */
const asGuarded = (context: Context, run: Run): Context => {
  const passed = run.journal.events().findLast(({ event }) => event === "guards-passed");
  const isLost =
    passed?.event === "guards-passed" && passed.findings.some(({ code }) => code === "controller-lost");
  const { controllerLost } = context.settings;
  return isLost || controllerLost.length === 0
    ? context
    : { ...context, settings: { ...context.settings, controllerLost: [] } };
};

const passing: ReadonlySet<string | undefined> = new Set(["unreachable", "timeout", "server"]);
const beforeLookingAgain = 5_000;

/** What has been destroyed stays so: while Juju or MAAS is away, it is waited for. */
const surveyThroughOutages = async (
  context: Context,
  record: LabRecord,
  run: Run,
  row: Row,
): Promise<Survey> => {
  for (;;) {
    const seen = await survey(context, {
      record,
      run,
      presence: (model) => confirmGone(context, model, run),
    });
    throwIfStopped(context, "the exit criteria were not checked");
    const isLostNow = record.model && isLost(seen.juju, record.model, context.settings);
    const away = [...(isLostNow ? [] : [seen.juju]), seen.maas].find(
      (side) => !side.answered && passing.has(side.kind),
    );
    if (!away || away.answered) return seen;
    row.status(`no answer, waiting: ${away.said.split("\n")[0]}`);
    await context.clock.sleep(beforeLookingAgain, context.signal);
  }
};

const table = (criteria: Criterion[]) =>
  aligned(criteria.map(({ met, subject, found }) => [met ? "met" : "NOT MET", subject, found]));

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
  const { run, lab, poller, row } = options;
  const context = asGuarded(options.context, run);
  const { settings, clock } = context;
  const began = clock.now();
  row.status("reading everything afresh");
  // Juju does not wait until what it releases is Ready, so we do.
  const also = alsoDestroyed(run);
  await Promise.all(also.map(({ systemId }) => poller.settled(systemId)));
  const record: LabRecord = { ...lab, machines: [...lab.machines, ...also] };
  const seen = await surveyThroughOutages(context, record, run, row);
  const criteria = judgeExit(seen, record, settings);
  const isMet = criteria.every(({ met }) => met);
  const rows = table(criteria);
  run.journal.write({ event: "exit-criteria", met: isMet, criteria, took: clock.now() - began });
  if (!isMet) {
    const failing = criteria.flatMap(({ met, next }, at) =>
      met ? [] : [rows[at] ?? "", ...(next ? [indent(`next: ${next}`, 9)] : [])],
    );
    throw new TeardownError(
      "exit-criteria",
      `the exit criteria are not met: ${criteria.filter(({ met }) => !met).length} of ${criteria.length}\n${failing.join("\n")}\nThe run stays open: ${shownPath(run.directory)}`,
    );
  }
  const opened = run.journal.events()[0]?.at;
  const took = opened ? clock.now() - Date.parse(opened) : 0;
  const { nextStep } = settings;
  const [, ...machines] = criteria;
  const many = (by: Criterion["by"]) => machines.filter((each) => each.by === by).length;
  run.journal.write({ event: "run-closed", outcome: "complete", took, nextStep });
  return [
    `exit criteria met after ${sayDuration(took)}: the model is gone, ${count(many(undefined), "machine")} Ready${many("accepted") ? `, ${many("accepted")} accepted as deleted` : ""}${many("taken") ? `, ${many("taken")} somebody else's now` : ""}`,
    ...rows,
    `captured and audited in ${shownPath(run.directory)}`,
    `journal.jsonl ends with ${run.journal.digest()}`,
    `proceed to ${nextStep}`,
  ].join("\n");
};
