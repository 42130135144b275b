import {
  failureAnswered,
  failureShown,
  MaasError,
  type MaasMachine,
  type ReleaseAnswer,
  type ReleaseFailure,
  releaseEffect,
  type Turns,
} from "./clients/maas.ts";
import { sayDuration } from "./config/duration.ts";
import { permit } from "./config/permissions.ts";
import type { Context, Row } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { judgeMachine, type MachineSurroundings, somebodyElses } from "./guards/machine-guard.ts";
import { refusalMessage } from "./guards/say.ts";
import { isAllocatedFor, isTaken, type Look, type Seen, wasReleased } from "./look.ts";
import { type Outage, outageOf, sayOutage } from "./outage.ts";
import { type MachineProgress, machineProgress } from "./progress.ts";
import type { ReadyPoller } from "./ready-poller.ts";
import type { MachineRecord } from "./record.ts";
import type { Run } from "./run/run-directory.ts";
import { stopped, throwIfStopped } from "./stopping.ts";

const retries = 3;
const backoff = (attempt: number) => 2_000 * 2 ** attempt;

/** Everything that one machine's release needs. */
export type Release = {
  context: Context;
  run: Run;
  row: Row;
  recorded: MachineRecord;
  poller: ReadyPoller;
  look: Look;
  turns: Turns;
  around: MachineSurroundings;
  /** How long a release took in earlier runs, in ms. */
  typical?: number | undefined;
};

/** A release that is under way. */
type Job = Release & { progress: MachineProgress; outage: Outage };

const mayBeReleased = ({ status }: MaasMachine): boolean =>
  ["releasable", "failed-retryable"].includes(releaseEffect(status));

const goesOn = "MAAS goes on with what it has begun";
const profileOf = ({ context }: Release): string => context.settings.maasProfile || "<profile>";

const latestFailure = async ({ context, outage }: Job, machine: MaasMachine): Promise<ReleaseFailure> => {
  const maas = await context.maas();
  const events = await outage.through(() => maas.latestEvents(machine.hostname, 10));
  return failureShown(machine, events);
};

const vanished = ({ context, recorded, progress }: Job): void => {
  progress.enter("deleted from MAAS", "look");
  if (context.settings.acceptDeleted.includes(recorded.systemId)) return;
  throw new TeardownError(
    "machine",
    [
      `${recorded.hostname} (${recorded.systemId}) is no longer in MAAS; expected: Ready`,
      "A machine that was composed on allocation disappears when it is released, and Juju 3.6.24 and 4.0.12 delete virtual machines (juju/juju#22691).",
      `To accept that it is gone: ${permit(context.settings, "acceptDeleted", [recorded.systemId])}`,
    ].join("\n"),
  );
};

const invisible = ({ hostname, systemId }: MachineRecord): TeardownError =>
  new TeardownError(
    "machine",
    [
      `${hostname} (${systemId}) is not visible to this MAAS API key; expected: Ready`,
      "It is there, or was deleted: only an administrator's key tells. Nothing more was done to it.",
      "Use a key that sees all machines (maas login <profile> <url> <key of an administrator>), then: pulumi destroy",
    ].join("\n"),
  );

const taken = ({ progress }: Job, now: string): string =>
  `${progress.summary()}; was Ready in this run, and is somebody else's now (${now})`;

// MAAS ends a release itself after 5 minutes, looked at every minute, unless it was stopped in between (maas.md 11).
const stuckAfter = 6 * 60_000;
// A power-off takes a moment even when all is well.
const powerIsSlow = 20_000;

const isStuck = (machine: MaasMachine | undefined, { progress }: Job): boolean =>
  machine !== undefined && releaseEffect(machine.status) === "releasing" && progress.lasts() >= stuckAfter;

const howToFree = (job: Job): string => `maas ${profileOf(job)} machine power-off ${job.recorded.systemId}`;

/**
 * Waits out what MAAS is doing with the machine: the row says when its power stays on, when it is stuck, and when MAAS is silent.
 *
 * @param sentAt when its release was sent, if that was not answered yet
 */
const wait = async (job: Job, sentAt?: number): Promise<Seen> => {
  const { context, poller, recorded, progress } = job;
  const { hostname, systemId } = recorded;
  let silentSince: number | undefined;
  let seen: MaasMachine | undefined;
  try {
    return await poller.settled(systemId, (news) => {
      if (news instanceof Error) {
        silentSince ??= context.clock.now();
        progress.note(sayOutage(news, silentSince) ?? `MAAS does not answer: ${news.message.split("\n")[0]}`);
        return;
      }
      seen = news;
      silentSince = undefined;
      progress.enter(news.statusName, "poll");
      const lasted = sentAt === undefined ? progress.lasts() : context.clock.now() - sentAt;
      if (isStuck(news, job)) progress.note(`stuck; to free it: ${howToFree(job)}`);
      else if (
        news.powerState === "on" &&
        releaseEffect(news.status) === "releasing" &&
        lasted >= powerIsSlow
      )
        progress.note(`power still on for ${sayDuration(lasted)}`);
      else progress.note("");
    });
  } catch (error) {
    if (!context.signal.aborted || !isStuck(seen, job)) throw error;
    throw stopped(context, `${hostname} has been Releasing for ${sayDuration(progress.lasts())}`, [
      "MAAS does not end that by itself when it was stopped in the middle of a release.",
      `To free it: ${howToFree(job)}`,
    ]);
  }
};

/** `settled`: what became of the machine before MAAS answered the release. `changed`: no release was sent. */
type Sent = ReleaseAnswer | { kind: "settled" | "changed"; as: Seen };

/** Sends one release, and watches the machine at the same time: the POST blocks for minutes, or its connection may be lost. */
const sendRelease = async (job: Job, attempt: number): Promise<Sent> => {
  const { context, run, recorded, progress } = job;
  const { hostname, systemId } = recorded;
  const { clock, settings } = context;
  const maas = await context.maas();
  const began = clock.now();
  run.journal.write({ event: "release-called", hostname, systemId, attempt });
  const posting = new AbortController();
  const answered = maas
    .release(systemId, { comment: settings.releaseComment, erase: settings.erase, signal: posting.signal })
    .then((answer) => {
      const reason = "reason" in answer ? answer.reason : answer.machine.statusName;
      run.journal.write({
        event: "release-answered",
        hostname,
        systemId,
        attempt,
        kind: answer.kind,
        reason,
        took: clock.now() - began,
      });
      return answer;
    });
  // A fast answer needs no news of its own.
  void clock
    .sleep(1_000, posting.signal)
    .then(() => posting.signal.aborted || progress.note("release sent, MAAS powers it off"));
  // Watching starts when the POST takes long; a machine that is still in its old state then has not begun.
  const watched = async (): Promise<Sent> => {
    await clock.sleep(10_000, AbortSignal.any([posting.signal, context.signal]));
    for (;;) {
      if (posting.signal.aborted) return await new Promise(() => {});
      const as = await wait(job, began);
      const notBegun =
        typeof as !== "string" && releaseEffect(as.status) === "releasable" && as.osystem !== "";
      if (!notBegun) return { kind: "settled", as };
      await clock.sleep(2_000, context.signal);
    }
  };
  try {
    return await Promise.race([answered, watched()]);
  } finally {
    answered.catch(() => {});
    posting.abort();
  }
};

/**
 * A machine completed with the owner_data that Juju failed to set: when MAAS lists it under the agent_name of another live model, it is
 * that model's. Asked where a permission stands for the proof.
 */
const withItsModel = async (job: Job, machine: MaasMachine): Promise<MaasMachine> => {
  const { context, run, around, outage } = job;
  const { systemId } = machine;
  if (machine.ownerData["juju-model-uuid"] !== undefined || !around.releaseUnclaimed.includes(systemId))
    return machine;
  for (const uuid of around.liveModels ?? []) {
    if (uuid === run.lab.model?.uuid) continue;
    if (await outage.through(() => isAllocatedFor(context, systemId, uuid)))
      return { ...machine, ownerData: { ...machine.ownerData, "juju-model-uuid": uuid } };
  }
  return machine;
};

/**
 * Judges the machine once more, right before it is released: it may have changed since the guards looked. One without owner_data must
 * be under the model's agent_name now; if it no longer is, a release has begun, and only the remains of a failed one are the lab's.
 */
const judge = async (job: Job, machine: MaasMachine): Promise<void> => {
  const { context, run, recorded, around, outage } = job;
  const { systemId } = recorded;
  const { model } = run.lab;
  const isCalled = run.journal
    .events()
    .some((each) => each.event === "release-called" && each.systemId === systemId);
  let { ofModel } = around;
  if (model && machine.ownerData["juju-model-uuid"] === undefined) {
    const isListed = await outage.through(() => isAllocatedFor(context, systemId, model.uuid));
    const isLeft = ofModel.has(systemId) && !somebodyElses(machine, model);
    ofModel = new Set(isListed || isLeft ? [systemId] : []);
  }
  const begun = isCalled ? new Set([systemId]) : around.begun;
  const known = await withItsModel(job, machine);
  const finding = judgeMachine(known, recorded, { ...around, ofModel, begun });
  if (finding.verdict === "refused")
    throw new TeardownError(
      "refused",
      refusalMessage([finding], isCalled ? goesOn : "this machine was not touched", context.settings),
    );
};

// In ms. What is older than this is no look right before a release.
const fresh = 1_000;

/**
 * Sends a release when its turn has come, and if the machine still is one to be released then.
 *
 * @param seenAt when the last look at the machine began
 */
const sendInTurn = async (job: Job, attempt: number, seenAt: number): Promise<Sent> => {
  const { context, run, recorded, turns, look, progress, outage } = job;
  const untouched = attempt === 1 ? "this machine was not touched" : goesOn;
  if (turns.full()) progress.note("waiting for its turn to be released");
  const endTurn = await turns.take(context.signal);
  try {
    throwIfStopped(context, untouched);
    // With many machines the others, or a look at all of them, take minutes: somebody may have taken this one meanwhile.
    if (context.clock.now() - seenAt > fresh) {
      const as = await outage.through(() => look(recorded.systemId));
      throwIfStopped(context, untouched);
      if (typeof as === "string" || !mayBeReleased(as)) return { kind: "changed", as };
      if (await outage.through(() => isTaken(context, run, recorded, as))) return { kind: "changed", as };
      await judge(job, as);
    }
    return await sendRelease(job, attempt);
  } finally {
    endTurn?.();
  }
};

/** What an operator does about a machine that MAAS did not release, and what to look at. */
const remedy = (job: Job, { code }: ReleaseFailure): string => {
  const { systemId, hostname } = job.recorded;
  const maas = `maas ${profileOf(job)}`;
  switch (code) {
    case "power":
      return `Look at its power:  ${maas} machine query-power-state ${systemId}   # then: pulumi destroy`;
    case "image":
      return "Let MAAS fetch the image that an erase boots (Images), or release without erasing: pulumi destroy -c erase=none";
    case "permission":
      return `It is locked or another user's: ${maas} machine read ${systemId}   # an administrator's key, or unlock it; then: pulumi destroy`;
    case "state":
      return `Bring it to Ready in MAAS (machine ${systemId}), then: pulumi destroy`;
    case "vm-host":
      return `Remove the VM host that runs on it in MAAS (${maas} vm-hosts read), then: pulumi destroy`;
    case "erase":
      return `Look at its disks in MAAS (machine ${systemId}), or release without erasing: pulumi destroy -c erase=none`;
    case "other":
      return `Look at its events: ${maas} events query hostname=${hostname} limit=20   # then: pulumi destroy`;
  }
};

const givenUp = (job: Job, machine: MaasMachine, failures: ReleaseFailure[]): TeardownError => {
  const { hostname, systemId } = job.recorded;
  const last = failures.at(-1) ?? { code: "other", reason: "nothing" };
  return new TeardownError(
    "machine",
    [
      `${hostname} (${systemId}) is ${machine.statusName} after ${failures.length} failed ${failures.length === 1 ? "release" : "releases"}; expected: Ready`,
      `MAAS says: ${last.reason}`,
      "It stays in the stack under its own name; the other machines are not affected.",
      remedy(job, last),
    ].join("\n"),
  );
};

const deadEnd = (job: Job, machine: MaasMachine): TeardownError => {
  const { hostname, systemId } = job.recorded;
  const isNew = machine.statusName === "New";
  return new TeardownError(
    "machine",
    [
      `${hostname} (${systemId}) is ${machine.statusName}; expected: Ready`,
      isNew ? "MAAS has no passed commissioning of it." : "MAAS does not release a machine from there.",
      isNew
        ? `maas ${profileOf(job)} machine commission ${systemId}   # when it is Ready: pulumi destroy`
        : `Bring it to Ready in MAAS (machine ${systemId}), then: pulumi destroy`,
    ].join("\n"),
  );
};

/**
 * Releases one machine and returns when it is Ready. Looks first: a machine that is Ready is not touched, one that is being
 * released is waited for, one that was Ready in this run and is somebody else's now is left alone. Failed releases are tried again,
 * with MAAS's own reason on the row; an outage of MAAS is no failure.
 *
 * @returns what happened, for the row: "Deployed → Releasing → Ready in 3.2 s"
 * @throws TeardownError `machine`, `refused`, `maas`, `deadline` or `interrupted`; the machine stays in the stack then
 */
export const releaseMachine = async (release: Release): Promise<string> => {
  const { context, run, row, recorded } = release;
  const { clock, signal } = context;
  const progress = machineProgress(recorded, run, row, clock, release.typical);
  const outage = outageOf(context, run, progress.note, goesOn);
  const job: Job = { ...release, progress, outage };
  const failures: ReleaseFailure[] = [];
  let pausedFor = -1;
  let seenAt = 0;
  const look = () =>
    outage.through(() => {
      seenAt = clock.now();
      return release.look(recorded.systemId);
    });
  const isTakenNow = (machine: MaasMachine) => outage.through(() => isTaken(context, run, recorded, machine));

  let machine = await look();
  for (;;) {
    throwIfStopped(context, goesOn);
    if (machine === "vanished") {
      vanished(job);
      return progress.summary();
    }
    if (machine === "unknown") throw invisible(recorded);
    if (machine === "invisible") {
      if (!(await outage.through(() => wasReleased(context, run, recorded)))) throw invisible(recorded);
      return taken(job, "not visible to this API key");
    }
    progress.enter(machine.statusName, "look");
    const effect = releaseEffect(machine.status);
    if (effect === "ready") return progress.summary();
    if (effect === "releasing" || effect === "erasing") {
      machine = await wait(job);
      continue;
    }
    if (await isTakenNow(machine))
      return taken(job, `${machine.statusName}${machine.owner ? `, owned by ${machine.owner}` : ""}`);
    if (effect === "not-releasable") throw deadEnd(job, machine);
    await judge(job, machine);

    if (failures.length > retries) throw givenUp(job, machine, failures);
    if ((failures.length > 0 || effect === "failed-retryable") && pausedFor < failures.length) {
      pausedFor = failures.length;
      const { reason } = failures.at(-1) ?? (await latestFailure(job, machine));
      const count = failures.length > 0 ? ` (${failures.length} of ${retries})` : "";
      progress.note(`trying again${count}: ${reason.split("\n")[0]}`);
      if (failures.length > 0) await clock.sleep(backoff(failures.length - 1), signal);
      throwIfStopped(context, goesOn);
      // Somebody may have taken the machine meanwhile: what is judged is what is seen right before the release.
      machine = await look();
      continue;
    }
    let answer: Sent;
    try {
      answer = await sendInTurn(job, failures.length + 1, seenAt);
    } catch (error) {
      if (!(error instanceof MaasError)) throw error;
      throwIfStopped(context, goesOn);
      // MAAS was away before the release was sent: it is looked at again, and that is no failed release.
      await outage.pause(error);
      machine = await look();
      continue;
    }
    throwIfStopped(context, goesOn);
    if (answer.kind === "settled" || answer.kind === "changed") {
      machine = answer.as;
    } else if (answer.kind === "accepted") {
      progress.enter("Releasing", "answer");
      machine = releaseEffect(answer.machine.status) === "releasing" ? await wait(job) : answer.machine;
    } else {
      machine = await look();
    }
    // Still releasable after our release: it failed, which counts; or somebody has allocated it since, which does not.
    if (answer.kind === "changed" || typeof machine === "string" || !mayBeReleased(machine)) continue;
    if (await isTakenNow(machine)) continue;
    const answered = "as" in answer ? undefined : failureAnswered(answer);
    const failure = answered ?? (await latestFailure(job, machine));
    failures.push(failure);
    progress.failed(failure.reason);
    // A refusal is not mended by asking again, unless the second look shows why.
    if (answer.kind === "refused") {
      await judge(job, machine);
      throw givenUp(job, machine, failures);
    }
  }
};
