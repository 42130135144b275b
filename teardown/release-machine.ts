import {
  type MaasClient,
  type MaasMachine,
  type ReleaseAnswer,
  releaseEffect,
  type Turns,
} from "./clients/maas.ts";
import { permit } from "./config/permissions.ts";
import type { Context, Row } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { refusalMessage } from "./guards/findings-table.ts";
import { judgeMachine, type MachineSurroundings, somebodyElses } from "./guards/machine-guard.ts";
import { type Look, type Seen, wasReleased } from "./look.ts";
import { type MachineStory, machineStory } from "./machine-story.ts";
import type { ReadyPoller } from "./ready-poller.ts";
import type { MachineRecord } from "./record.ts";
import type { Run } from "./run/run-directory.ts";
import { throwIfStopped } from "./stopping.ts";

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
  usual?: number | undefined;
};

type Failure = { reason: string };

const mayBeReleased = ({ status }: MaasMachine): boolean =>
  ["releasable", "failed-retryable"].includes(releaseEffect(status));

const goesOn = "MAAS goes on with what it has begun";

// A failed power-off puts the machine back to Deployed without an operating system; the reason is only in the answer to
// the POST and in MAAS's events (maas.md 6).
const latestReason = async (maas: MaasClient, machine: MaasMachine): Promise<string> => {
  const events = await maas.latestEvents(machine.hostname, 5).catch(() => []);
  const failed = events.find(({ level, type }) => level === "ERROR" || /fail/i.test(type));
  return (
    [
      failed ? `${failed.type}: ${failed.description}` : "",
      machine.errorDescription,
      machine.statusMessage,
    ].find((text) => text) ?? "MAAS gives no reason"
  );
};

const vanished = (release: Release, story: MachineStory): void => {
  const { context, recorded } = release;
  story.came("deleted from MAAS", "look");
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
      "It is there, or was deleted: only an administrator's key tells. It was not touched.",
      "Use a key that sees all machines (maas login <profile> <url> <key of an administrator>), then: pulumi destroy",
    ].join("\n"),
  );

const ownedBy = ({ statusName, owner }: MaasMachine): string =>
  ` (now ${statusName}${owner ? `, owned by ${owner}` : ""})`;

/** Sends one release, and watches the machine at the same time: the POST blocks for minutes, or its connection may be lost. */
const sendRelease = async (
  release: Release,
  maas: MaasClient,
  story: MachineStory,
  attempt: number,
): Promise<ReleaseAnswer | { kind: "settled"; as: Seen }> => {
  const { context, run, recorded, poller } = release;
  const { hostname, systemId } = recorded;
  const { clock, settings } = context;
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
  // News that is old at once would only keep the engine busy, a thousand times.
  void clock
    .sleep(1_000, posting.signal)
    .then(() => posting.signal.aborted || story.now("release sent, MAAS powers it off"));
  // Watching starts when the POST takes long; a machine that is still in its old state then has not begun.
  const watched = async (): Promise<{ kind: "settled"; as: Seen }> => {
    await clock.sleep(10_000, AbortSignal.any([posting.signal, context.signal]));
    for (;;) {
      if (posting.signal.aborted) return await new Promise(() => {});
      const as = await poller.settled(systemId);
      const notBegun =
        typeof as !== "string" && releaseEffect(as.status) === "releasable" && as.osystem !== "";
      if (!notBegun) return { kind: "settled", as };
      await clock.sleep(2_000, context.signal);
    }
  };
  try {
    return await Promise.race([answered, watched()]);
  } catch (error) {
    throwIfStopped(context, goesOn);
    throw error;
  } finally {
    answered.catch(() => {});
    posting.abort();
  }
};

/** Judges the machine once more, right before it is released: it may have changed since the guards looked. */
const judge = (release: Release, machine: MaasMachine): void => {
  const { recorded, around } = release;
  const verdict = judgeMachine(machine, recorded, around);
  if (verdict.verdict === "refused")
    throw new TeardownError("refused", refusalMessage([verdict], "this machine was not touched"));
};

// In ms. What is older than this is no look right before a release.
const fresh = 1_000;

/**
 * Sends a release when its turn has come, and if the machine still is one to be released then.
 *
 * @param seenAt when the last look at the machine began
 */
const sendInTurn = async (
  release: Release,
  maas: MaasClient,
  story: MachineStory,
  attempt: number,
  seenAt: number,
): Promise<ReleaseAnswer | { kind: "settled"; as: Seen }> => {
  const { context, recorded, turns, look } = release;
  const untouched = attempt === 1 ? "this machine was not touched" : goesOn;
  if (turns.full()) story.now("waits for its turn to be released");
  const endTurn = await turns.take(context.signal);
  try {
    throwIfStopped(context, untouched);
    // With many machines the others, or a look at all of them, take minutes: somebody may have taken this one meanwhile.
    if (context.clock.now() - seenAt > fresh) {
      const as = await look(recorded.systemId);
      throwIfStopped(context, untouched);
      if (typeof as === "string" || !mayBeReleased(as)) return { kind: "settled", as };
      judge(release, as);
    }
    return await sendRelease(release, maas, story, attempt);
  } finally {
    endTurn?.();
  }
};

/** Waits out what MAAS is doing, telling the row of news and of MAAS's silence. */
const wait = async (release: Release, story: MachineStory): Promise<Seen> =>
  release.poller.settled(release.recorded.systemId, (news) =>
    news instanceof Error
      ? story.now(`MAAS does not answer: ${news.message.split("\n")[0]}`)
      : story.came(news.statusName, "poll"),
  );

const givenUp = (release: Release, machine: MaasMachine, failures: Failure[]): TeardownError => {
  const { recorded, context } = release;
  const { settings } = context;
  return new TeardownError(
    "machine",
    [
      `${recorded.hostname} (${recorded.systemId}) is ${machine.statusName} after ${failures.length} failed ${failures.length === 1 ? "release" : "releases"}; expected: Ready`,
      `MAAS says: ${failures.at(-1)?.reason ?? "nothing"}`,
      "It stays in the stack under its own name; the other machines are not affected.",
      `Look at its power in MAAS:  maas ${settings.maasProfile || "<profile>"} machine query-power-state ${recorded.systemId}`,
      "then:                       pulumi destroy",
    ].join("\n"),
  );
};

const deadEnd = (release: Release, machine: MaasMachine): TeardownError => {
  const { recorded, context } = release;
  const profile = context.settings.maasProfile || "<profile>";
  const isNew = machine.statusName === "New";
  return new TeardownError(
    "machine",
    [
      `${recorded.hostname} (${recorded.systemId}) is ${machine.statusName}; expected: Ready`,
      isNew
        ? "It was released, but MAAS has no passed commissioning of it."
        : "MAAS does not release a machine from there.",
      isNew
        ? `maas ${profile} machine commission ${recorded.systemId}   # when it is Ready: pulumi destroy`
        : `Bring it to Ready in MAAS (machine ${recorded.systemId}), then: pulumi destroy`,
    ].join("\n"),
  );
};

/**
 * Releases one machine and returns when it is Ready. Looks first: a machine that is Ready is not touched, one that is being
 * released is waited for. Failed releases are tried again, with MAAS's own reason on the row.
 *
 * @returns what happened, for the row: "Deployed → Releasing → Ready in 3.2 s"
 * @throws TeardownError `machine`, `refused`, `maas`, `deadline` or `interrupted`; the machine stays in the stack then
 */
export const releaseMachine = async (release: Release): Promise<string> => {
  const { context, run, row, recorded } = release;
  const story = machineStory(recorded, run, row, context.clock, release.usual);
  const failures: Failure[] = [];
  let pausedFor = -1;
  const maas = await context.maas();
  let seenAt = 0;
  const look = () => {
    seenAt = context.clock.now();
    return release.look(recorded.systemId);
  };

  let machine = await look();
  for (;;) {
    throwIfStopped(context, goesOn);
    if (machine === "vanished") {
      vanished(release, story);
      return story.told();
    }
    if (machine === "invisible") {
      if (!(await wasReleased(context, run, recorded))) throw invisible(recorded);
      return `${story.told()}, somebody else's since: not visible to this API key any more`;
    }
    story.came(machine.statusName, "look");
    const effect = releaseEffect(machine.status);
    if (effect === "ready") return story.told();
    if (effect === "releasing" || effect === "erasing") {
      machine = await wait(release, story);
      continue;
    }
    const theirs = somebodyElses(machine, run.lab.model) && (await wasReleased(context, run, recorded));
    if (theirs) return `${story.told()}, somebody else's since it was released${ownedBy(machine)}`;
    if (effect === "not-releasable") throw deadEnd(release, machine);
    judge(release, machine);

    if (failures.length > retries) throw givenUp(release, machine, failures);
    if ((failures.length > 0 || effect === "failed-retryable") && pausedFor < failures.length) {
      pausedFor = failures.length;
      const reason = failures.at(-1)?.reason ?? (await latestReason(maas, machine));
      const count = failures.length > 0 ? ` (${failures.length} of ${retries})` : "";
      story.now(`${reason.split("\n")[0]}; trying again${count}`);
      if (failures.length > 0) await context.clock.sleep(backoff(failures.length - 1), context.signal);
      throwIfStopped(context, goesOn);
      // Somebody may have taken the machine meanwhile: what is judged is what is seen right before the release.
      machine = await look();
      continue;
    }
    const answer = await sendInTurn(release, maas, story, failures.length + 1, seenAt);
    throwIfStopped(context, goesOn);
    if (answer.kind === "settled") {
      machine = answer.as;
    } else if (answer.kind === "accepted") {
      story.came("Releasing", "answer");
      machine =
        releaseEffect(answer.machine.status) === "releasing" ? await wait(release, story) : answer.machine;
    } else {
      machine = await look();
    }
    if (typeof machine !== "string" && mayBeReleased(machine)) {
      // After an accepted release only a failed one is a failure; anything else is somebody's next allocation.
      if (somebodyElses(machine, run.lab.model) && (await wasReleased(context, run, recorded))) continue;
      const said = "reason" in answer ? answer.reason : "";
      const reason = said || (await latestReason(maas, machine));
      failures.push({ reason });
      story.failed(reason);
      // A refusal is not mended by asking again, unless the second look shows why.
      if (answer.kind === "refused") {
        judge(release, machine);
        throw givenUp(release, machine, failures);
      }
    }
  }
};
