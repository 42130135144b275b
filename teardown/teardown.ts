import { hostname, userInfo } from "node:os";
import { judgeApproval, readPlanFile } from "./approval.ts";
import { ensureCapture } from "./capture.ts";
import { engineOptions } from "./clients/engine-options.ts";
import { engineProcess } from "./clients/engine-process.ts";
import { type Turns, turns } from "./clients/maas.ts";
import type { Context, Row } from "./context.ts";
import { waitUntilDying } from "./destroy-model.ts";
import { engineIdentity } from "./engine-identity.ts";
import { TeardownError } from "./errors.ts";
import { type Finding, stopping } from "./guards/finding.ts";
import { judge, surroundings } from "./guards/guards.ts";
import type { MachineSurroundings } from "./guards/machine-guard.ts";
import { isLost } from "./guards/model-guard.ts";
import { findingsTable, refusalMessage } from "./guards/say.ts";
import { type Look, machineLook } from "./look.ts";
import { type ReadyPoller, readyPoller } from "./ready-poller.ts";
import type { LabRecord, ModelRecord } from "./record.ts";
import { writeReport } from "./report/write-report.ts";
import { takeOutcomes } from "./run/captured.ts";
import { isDestructive } from "./run/journal.ts";
import { dropAtExit, takeLock } from "./run/lock.ts";
import { keepRecord, openRun, type Run, runKey } from "./run/run-directory.ts";
import { type TypicalDurations, typicalDurations } from "./run/typical-durations.ts";
import { ensureSnapshot, judgeSnapshot } from "./snapshot.ts";
import { stopReason, throwIfStopped, whyStopped } from "./stopping.ts";
import { isModelAlive, survey } from "./survey.ts";

/** What the guards found, the model that is to be destroyed, and in what surroundings each machine is judged before its release. */
export type Verdict = {
  findings: Finding[];
  around: MachineSurroundings;
  /** Undefined when it was gone at `up`, or its controller is lost for ever. */
  model: ModelRecord | undefined;
};

/** One destroy's part of a run, in this process: every destructive call goes through it. */
export type Teardown = {
  context: Context;
  run: Run;
  poller: ReadyPoller;
  look: Look;
  /** For releases: each holds a connection until MAAS has powered its machine off. */
  turns: Turns;
  /** How long things took in earlier runs. */
  typical: TypicalDurations;
  /** Every guard, once in this process. @throws TeardownError `refused` */
  guarded: (row: Row) => Promise<Verdict>;
  /**
   * What every destructive call awaits: every guard, a verified capture, made now if there is none, and the operator's own snapshot.
   *
   * @throws TeardownError `refused`, `capture` or `snapshot`
   */
  gate: (row: Row) => Promise<Verdict>;
  /** Waits until the model is seen dying or gone. @throws TeardownError `refused` when it is alive */
  untilDying: (row: Row) => Promise<void>;
  /** Does a resource's work, and writes down how it ended. */
  told: (resource: string, work: () => Promise<string>) => Promise<string>;
};

// An operator may have typed the key on the command line; the journal must not repeat it.
const shownCommand = (argv: string[]): string =>
  ["pulumi", ...argv.slice(1)].map((word) => word.replace(/(maasApiKey=).*/s, "$1***")).join(" ");

// For what is good to know but must not hold anything up. In ms.
const patience = 1_000;

/** The states that a resource came into, and why its releases failed, by the journal's lines from one on. */
const wayOf = ({ lab, journal }: Run, resource: string, from: number) => {
  const kind = resource === lab.model?.name ? "model" : resource === "reaping" ? "reaping" : "machine";
  const events = journal.events().slice(from);
  const states = events.flatMap((each) => {
    if (each.event === "machine-state" && each.hostname === resource)
      return [{ at: each.at, state: each.to }];
    return each.event === "model-state" && kind !== "machine" ? [{ at: each.at, state: each.state }] : [];
  });
  const failures = events.flatMap((each) =>
    each.event === "release-answered" && each.hostname === resource && each.kind !== "accepted"
      ? [each.reason]
      : [],
  );
  return { kind, states, failures } as const;
};

const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/**
 * Begins a destroy: continues the open run or opens one, and takes its lock.
 *
 * @throws TeardownError `run`
 */
export const beginTeardown = async (options: {
  context: Context;
  project: string;
  stack: string;
  lab: LabRecord;
  /** Whether nothing but the exit criteria is left in the stack: their run may be closed already. */
  onlyExitCriteria?: boolean;
  /** Asked for when the guards and the capture are through, or failed: it takes processes that would hold them up. */
  versions: () => Promise<Record<string, string>>;
}): Promise<Teardown> => {
  const { context, project, stack, lab, versions } = options;
  const { settings, clock } = context;
  const run = openRun(
    { ...runKey(settings, { project, stack }, lab), alsoClosed: options.onlyExitCriteria ?? false },
    lab,
    clock.now,
  );
  await takeLock(run.lock, context.signal).catch((error: unknown) => {
    throwIfStopped(context, "nothing was done by this destroy");
    throw error;
  });
  dropAtExit(run.lock);
  keepRecord(run, lab);
  // What an earlier destroy's capture has left, its end among it.
  takeOutcomes(run, engineIdentity());
  const { maasApiKey: _, ...shown } = settings;
  const engine = engineProcess();
  // Why it is done.
  const { message } = engineOptions(engine?.argv ?? [], process.env);
  run.journal.write({
    event: "destroy-started",
    pid: process.pid,
    engine: engineIdentity(),
    user: userInfo().username,
    host: hostname(),
    ...(engine && { command: shownCommand(engine.argv) }),
    ...(message !== undefined && { message }),
    ...(settings.approved && { approved: settings.approved }),
    settings: shown,
  });
  const writeVersions = once(async () => {
    const seen = await versions();
    run.journal.write({ event: "versions", seen });
  });
  /** The engine may end this process as soon as a destroy has failed: what its journal should hold is waited for, but not for long. */
  const versionsOfAFailure = () => Promise.race([writeVersions(), clock.sleep(patience)]).catch(() => {});

  // The report is written when the last of those that are under way has ended badly: the engine may end this process then.
  let underWay = 0;
  let failed = false;
  const within = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    underWay++;
    try {
      return await work();
    } catch (error) {
      failed = true;
      // A client that was ended by the deadline only knows that it was told to stop.
      const late = stopReason(context.signal)?.why === "deadline";
      if (late && error instanceof TeardownError && error.code === "interrupted")
        throwIfStopped(context, "what MAAS and Juju have begun goes on");
      throw error;
    } finally {
      underWay--;
      if (failed && underWay === 0) writeReport(run.directory);
    }
  };

  context.signal.addEventListener("abort", () => {
    const reason = stopReason(context.signal);
    try {
      // A capture that failed in its own process has ended this destroy, and no resource comes after it.
      if (takeOutcomes(run)) writeReport(run.directory);
      // The engine calls Cancel once more when it closes; that interrupts nothing.
      if (underWay === 0 || reason?.why === "deadline") return;
      run.journal.write({
        event: "interrupted",
        ...(reason && { reason }),
        why: whyStopped(context.signal),
      });
    } catch {
      // Thrown in a listener it would end the process before the others have stopped.
    }
  });

  let untilDying: Promise<void> | undefined;
  let told = false;
  let capturing: Promise<void> | undefined;
  const askOnce = once(async () => {
    const began = clock.now();
    const { approvedPlan } = settings;
    const seen = await survey(context, { record: run.lab, run });
    const findings = [
      ...judge(seen, run.lab, settings, context.host),
      ...judgeSnapshot(settings),
      ...judgeApproval(run.lab, settings, approvedPlan ? readPlanFile(approvedPlan) : undefined),
    ];
    const begun = isDestructive(run.journal.events());
    const isAlive = isModelAlive(seen);
    const stops = stopping(findings, begun && !isAlive);
    run.journal.write({
      event: stops.length ? "guards-refused" : "guards-passed",
      findings,
      took: clock.now() - began,
    });
    const { model } = run.lab;
    const verdict: Verdict = {
      findings,
      around: surroundings(seen, model, settings, context.host),
      model: model && isLost(seen.juju, model, settings) ? undefined : model,
    };
    return { verdict, stops, begun, isAlive };
  });
  const guarded = (row: Row): Promise<Verdict> =>
    within(async () => {
      row.status("asking the guards");
      const { verdict, stops, begun } = await askOnce();
      // What was stopped from outside could not look: that is no finding.
      throwIfStopped(context, begun ? "nothing more was destroyed" : "nothing was touched");
      if (stops.length > 0) {
        const untouched = begun ? "nothing more was destroyed" : "nothing was touched";
        if (told) throw new TeardownError("refused", `the guards refuse, as another row says; ${untouched}`);
        told = true;
        await versionsOfAFailure();
        throw new TeardownError("refused", refusalMessage(verdict.findings, untouched, settings));
      }
      if (!told) {
        told = true;
        const notes = verdict.findings.filter(({ verdict }) => verdict !== "ok");
        if (notes.length > 0) row.info(`worth knowing:\n${findingsTable(notes, settings)}`);
      }
      return verdict;
    });
  const captured = (row: Row): Promise<void> =>
    (capturing ??= within(async () => {
      try {
        const who = { by: "provider", engine: engineIdentity() } as const;
        await ensureCapture({ ...context, say: row.status }, run, who);
        await ensureSnapshot(context, run, row, (await askOnce()).isAlive);
      } catch (error) {
        throwIfStopped(context, "nothing was destroyed");
        await versionsOfAFailure();
        throw error;
      }
      throwIfStopped(context, "nothing more was destroyed");
      void writeVersions().catch(() => {});
    }));
  return {
    context,
    run,
    poller: readyPoller(context),
    look: machineLook(context),
    turns: turns(settings.maasConcurrency),
    typical: typicalDurations(settings.backupRoot, settings.backupLabel),
    guarded,
    gate: async (row) => {
      const verdict = await guarded(row);
      await captured(row);
      return verdict;
    },
    untilDying: (row) =>
      within(async () => {
        const { verdict } = await askOnce();
        const { model } = run.lab;
        if (!model) return;
        untilDying ??= waitUntilDying(context, run, model, row, verdict.model === undefined);
        await untilDying;
      }),
    told: (resource, work) =>
      within(async () => {
        const began = clock.now();
        const before = run.journal.events().length;
        try {
          const text = await work();
          run.journal.write({
            event: "done",
            resource,
            ...wayOf(run, resource, before),
            text,
            took: clock.now() - began,
          });
          return text;
        } catch (error) {
          const code = error instanceof TeardownError ? error.code : "unexpected";
          const message = error instanceof Error ? error.message : String(error);
          const reason =
            code === "interrupted" || code === "deadline" ? stopReason(context.signal) : undefined;
          try {
            run.journal.write({ event: "stopped", resource, code, ...(reason && { reason }), message });
          } catch {
            // A full disk must not hide why it stopped.
          }
          throw error;
        }
      }),
  };
};
