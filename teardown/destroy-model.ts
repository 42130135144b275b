import { problemError } from "./clients/juju/errors.ts";
import {
  type DestroyAnswer,
  type JujuModel,
  jujuProblem,
  mayPass,
  mustAnswer,
  type Presence,
  whatIsLeft,
} from "./clients/juju.ts";
import { sayDuration } from "./config/duration.ts";
import type { Context, Row } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { unlistedNow } from "./guards/guards.ts";
import { isOnlyHidden, judgeModel } from "./guards/model-guard.ts";
import { refusalMessage } from "./guards/say.ts";
import { type Outage, outageOf } from "./outage.ts";
import { startProgress, timeOfDay } from "./progress.ts";
import { identityOf, type ModelRecord } from "./record.ts";
import type { Run } from "./run/run-directory.ts";
import { stopped, stopReason, throwIfStopped } from "./stopping.ts";
import { quoted } from "./text/quoted.ts";

/** Everything that the model's destruction needs. */
export type ModelDestruction = {
  context: Context;
  run: Run;
  row: Row;
  recorded: ModelRecord;
  /** How long it took in earlier runs, in ms. */
  typical?: number | undefined;
};

const goesOn = "Juju goes on destroying the model by itself";
const minute = 60_000;
// How often the model is looked at until juju shows that the controller accepted the call.
const lookEvery = 5_000;
const beforeAskingAgain = 3_000;
// Between two looks at a dying model, by how long it has been followed: each look is a process and a login.
const pause = (followed: number): number => Math.min(5_000, Math.max(500, followed / 10));
// A call after which the model is still alive is made again, ever later, but not for ever.
const callsInVain = 5;

// The controller may still change its mind right after the removal (juju.md 1): from the beginning of a list to that of the
// next one, which has to agree.
const betweenLists = 200;
// When a model was first seen gone by this process, if each look since has seen the same.
const goneSince = new WeakMap<Context, Map<string, number>>();

/**
 * Whether a model that this user can never prove to be gone counts as gone: `acceptUnproven` names it, this run saw it dying, and
 * nothing else speaks against it.
 */
const isBelieved = (context: Context, run: Run | undefined, { uuid }: ModelRecord, seen: Presence): boolean =>
  seen.state === "unclear" &&
  context.settings.acceptUnproven.includes(uuid) &&
  isOnlyHidden(seen) &&
  run?.journal.events().some((each) => each.event === "model-state" && each.state === "dying") === true;

const lookForModel = async (
  context: Context,
  recorded: ModelRecord,
  run: Run | undefined,
): Promise<Presence> => {
  const { uuid } = recorded;
  const since = goneSince.get(context) ?? new Map<string, number>();
  goneSince.set(context, since);
  const began = context.clock.now();
  const looked = await context.juju.presence(identityOf(recorded));
  const seen: Presence = isBelieved(context, run, recorded, looked) ? { ...looked, state: "gone" } : looked;
  if (seen.state !== "gone") since.delete(uuid);
  else if (!since.has(uuid)) since.set(uuid, began);
  return seen;
};

/**
 * Whether the model is gone: two fresh lists, one after the other, with the controller's own model, nothing unexplained on
 * stderr, and no entry with the recorded UUID. When this process has seen it gone before, and never otherwise since, that
 * list is the first of the two.
 */
export const confirmGone = async (
  context: Context,
  recorded: ModelRecord,
  run: Run | undefined,
): Promise<Presence> => {
  const { clock, signal } = context;
  const firstGone = () => goneSince.get(context)?.get(recorded.uuid);
  const untilNextList = (first: number) =>
    clock.sleep(Math.max(0, first + betweenLists - clock.now()), signal);
  const before = firstGone();
  if (before !== undefined) await untilNextList(before);
  const seen = await lookForModel(context, recorded, run);
  if (seen.state !== "gone" || before !== undefined) return seen;
  await untilNextList(firstGone() ?? clock.now());
  return await lookForModel(context, recorded, run);
};

const modelProgress = ({ run, row, recorded, context, typical }: ModelDestruction) => {
  const progress = startProgress(row, context.clock, typical);
  return {
    ...progress,
    enter: (state: Exclude<Presence["state"], "unclear">, text = "") => {
      if (!progress.enter(state)) return;
      run.journal.write({ event: "model-state", uuid: recorded.uuid, state, text });
      if (text) progress.note(text);
    },
  };
};
type ModelProgress = ReturnType<typeof modelProgress>;

/** Looks for the model, through outages. */
const look = ({ context, recorded, run }: ModelDestruction, outage: Outage): Promise<Presence> =>
  outage.through(async () => mustAnswer(await confirmGone(context, recorded, run)));

/** Turns an error that a retry may fix into `otherwise`. @throws those that need an operator: an expired login, no juju */
const unlessLasting =
  <Value>(otherwise: (error: Error) => Value) =>
  (error: unknown): Value => {
    const problem = jujuProblem(error);
    if (!(error instanceof Error) || !problem || !mayPass(problem)) throw error;
    return otherwise(error);
  };

const firstLine = (text: string): string => text.split("\n")[0] ?? "";

/** When the model began to go away: the first call after it was last seen alive, else when it was first seen dying. */
const dyingSince = (run: Run): number | undefined => {
  const events = run.journal.events();
  const alive = events.findLastIndex((each) => each.event === "model-state" && each.state === "alive");
  const call = events
    .slice(alive + 1)
    .find(({ event }) => event === "destroy-model-called" || event === "model-state");
  return call && Date.parse(call.at);
};

const judge = (model: JujuModel, recorded: ModelRecord, untouched: string): void => {
  const verdict = judgeModel(model, recorded);
  if (verdict.verdict === "refused")
    throw new TeardownError("refused", refusalMessage([verdict], untouched, {}));
};

const logins = ["login-expired", "not-logged-in", "unauthorized"];

/** What an operator does about a destroy-model that the controller does not carry out. */
const remedy = ({ controller, name }: ModelRecord, answer: DestroyAnswer): string => {
  const cause = "cause" in answer ? answer.cause : undefined;
  const model = `${controller}:${name}`;
  if (cause !== undefined && logins.includes(cause))
    return `juju login -c ${quoted(controller)}   # then: pulumi destroy`;
  if (cause === "disabled") return `juju enable-command destroy-model -m ${model}   # then: pulumi destroy`;
  if (cause === "forbidden")
    return `Ask an administrator of the controller to type: juju grant <user> admin ${name}   # then: pulumi destroy`;
  return `Look: juju show-model ${model}   # then: pulumi destroy`;
};

const notGoing = (recorded: ModelRecord, answer: DestroyAnswer, happened: string): TeardownError =>
  new TeardownError(
    "model",
    [
      `juju destroy-model ${recorded.name} failed: ${"reason" in answer ? answer.reason : "juju reported the end, and the model is still there"}`,
      happened,
      remedy(recorded, answer),
    ].join("\n"),
  );

/** Whether no machine has joined the model since the guards looked; false when Juju does not say. A dying model gets no more. */
const hasOnlyListed = async (
  { context, run, recorded }: ModelDestruction,
  progress: ModelProgress,
  outage: Outage,
): Promise<boolean> => {
  const unlisted = await outage
    .through(() => unlistedNow(context, run.lab, recorded))
    .catch(
      unlessLasting((error) => {
        progress.note(`its machines could not be read: ${firstLine(error.message)}`);
        return undefined;
      }),
    );
  if (unlisted === undefined) return false;
  if (unlisted.some(({ verdict }) => verdict === "refused"))
    throw new TeardownError(
      "refused",
      refusalMessage(unlisted, "the model was not destroyed", context.settings),
    );
  if (unlisted.length > 0) run.journal.write({ event: "unlisted-permitted", findings: unlisted });
  return true;
};

/**
 * Calls destroy-model and returns when the controller has taken the call: despite `--no-wait` juju waits until the model is
 * gone (juju.md 1), and stopping it then stops nothing in the controller.
 *
 * @throws TeardownError `juju` when the controller cannot be reached
 */
const callDestroyModel = async (
  destruction: ModelDestruction,
  progress: ModelProgress,
): Promise<DestroyAnswer> => {
  const { context, run, recorded } = destruction;
  const { juju, clock, settings } = context;
  const attempt = run.journal.events().filter(({ event }) => event === "destroy-model-called").length + 1;
  const taken = new AbortController();
  const began = clock.now();
  run.journal.write({ event: "destroy-model-called", uuid: recorded.uuid, attempt });
  const looking = async () => {
    for (;;) {
      await clock.sleep(lookEvery, AbortSignal.any([taken.signal, context.signal]));
      if (taken.signal.aborted || context.signal.aborted) return;
      const seen = await juju.presence(identityOf(recorded)).catch(() => undefined);
      if (seen?.state === "dying" || seen?.state === "dead") return taken.abort();
    }
  };
  const watching = looking();
  try {
    const answer = await juju.destroyModel(recorded.uuid, {
      signal: AbortSignal.any([context.signal, taken.signal]),
      limit: settings.stuckAfter,
      onProgress: () => {
        progress.enter("dying");
        taken.abort();
      },
    });
    run.journal.write({
      event: "destroy-model-answered",
      uuid: recorded.uuid,
      attempt,
      kind: answer.kind,
      text: "reason" in answer ? answer.reason : "",
      took: clock.now() - began,
    });
    if (answer.kind === "failed" && answer.problem && !mayPass(answer.problem))
      throw problemError(answer.problem);
    return answer;
  } finally {
    taken.abort();
    await watching;
  }
};

/**
 * Force-destroys the model, and returns when it is dying or gone. Looks first: one that is dying already is left to the reaping.
 *
 * @returns what happened, for the row
 * @throws TeardownError `model`, `refused`, `juju`, `deadline` or `interrupted`; the model stays in the stack then
 */
export const destroyModel = async (destruction: ModelDestruction): Promise<string> => {
  const { context, run, recorded } = destruction;
  const { clock, signal } = context;
  const progress = modelProgress(destruction);
  const outage = outageOf(context, run, progress.note, goesOn);
  let [calls, isCalled] = [0, false];
  let last: DestroyAnswer | undefined;
  const stop = () => throwIfStopped(context, isCalled ? goesOn : "nothing was destroyed");
  for (;;) {
    stop();
    const { state, model, why } = await look(destruction, outage);
    stop();
    if (state === "gone" || state === "dying" || state === "dead") {
      progress.enter(state, model?.statusMessage);
      if (model) judge(model, recorded, "the model does not go away like this");
      return progress.summary();
    }
    if (state === "unclear" || !model) {
      // Never destroyed by a guess: what the list does not show is looked at again.
      progress.note(`cannot be seen for sure: ${why ?? "juju gave no reason"}`);
      await clock.sleep(beforeAskingAgain, signal);
      continue;
    }
    progress.enter(state, model.statusMessage);
    judge(model, recorded, "nothing was destroyed");
    if (last) {
      if (last.kind === "refused" || calls >= callsInVain)
        throw notGoing(recorded, last, "No machine was released; what is captured stays.");
      const reason = "reason" in last ? firstLine(last.reason) : "juju reported the end";
      progress.note(`still alive after call ${calls} of ${callsInVain}: ${reason}`);
      last = undefined;
      await clock.sleep(beforeAskingAgain * calls, signal);
      continue;
    }
    if (!(await hasOnlyListed(destruction, progress, outage))) {
      await clock.sleep(beforeAskingAgain, signal);
      continue;
    }
    stop();
    isCalled = true;
    try {
      last = await callDestroyModel(destruction, progress);
      calls += 1;
    } catch (error) {
      // The controller may not have been asked: the model is looked at again, and the call is not counted.
      await outage.pause(error);
    }
  }
};

/** When a destroy's time is over: the deadline counts from the beginning of the newest one. */
const deadlineOf = ({ context, run }: ModelDestruction): number => {
  const began = run.journal.events().findLast(({ event }) => event === "destroy-started");
  return (began ? Date.parse(began.at) : context.clock.now()) + context.settings.deadline;
};

/** The runbook's procedure for a stuck model: its machines are removed by force, and destroy-model is called again. */
const unstick = async (
  destruction: ModelDestruction,
  progress: ModelProgress,
  outage: Outage,
  round: { number: number; next: number },
): Promise<void> => {
  const { context, run, recorded, row } = destruction;
  const { juju, clock, settings } = context;
  const machines = await outage.through(() => juju.machines(recorded.uuid)).catch(unlessLasting(() => []));
  const ids = machines.map(({ id }) => id);
  if (ids.length === 0) progress.note("stuck, but Juju shows no machines left");
  else {
    const hostnames = machines.map(({ displayName, hostname }) => displayName || hostname);
    const named = ids.map((id, at) => (hostnames[at] ? `${id} (${hostnames[at]})` : id)).join(", ");
    row.warn(
      `still dying after ${sayDuration(settings.stuckAfter * round.number)}: removing machines ${named} by force, round ${round.number}; ` +
        `again at ${timeOfDay(round.next)}, until the deadline at ${timeOfDay(deadlineOf(destruction))}`,
    );
    const began = clock.now();
    run.journal.write({ event: "remove-machines-called", uuid: recorded.uuid, ids, hostnames });
    // A removal that fails ends nothing: the model may be gone by now, and if it is not, it is destroyed again.
    const { complaints } = await outage
      .through(() => juju.removeMachines(recorded.uuid, ids))
      .catch(unlessLasting((error) => ({ complaints: [error.message] })));
    run.journal.write({
      event: "remove-machines-answered",
      uuid: recorded.uuid,
      complaints,
      took: clock.now() - began,
    });
    progress.note(
      complaints.length > 0
        ? `removing machines: ${firstLine(complaints[0] ?? "")}`
        : `machines ${ids.join(", ")} removed by force`,
    );
  }
  throwIfStopped(context, goesOn);
  const answer = await outage.through(() => callDestroyModel(destruction, progress));
  if (answer.kind === "refused")
    throw notGoing(recorded, answer, "The model is still dying; what is captured stays.");
};

/**
 * Follows a dying model until it is gone. Each time that it has been dying for another `stuckAfter`, its machines are removed by
 * force and destroy-model is called again.
 *
 * @returns what happened, for the row
 * @throws TeardownError `refused` when the model is alive, else `model`, `juju`, `deadline` or `interrupted`
 */
export const followReaping = async (destruction: ModelDestruction): Promise<string> => {
  const { context, run, recorded } = destruction;
  const { clock, settings } = context;
  const progress = modelProgress(destruction);
  const began = clock.now();
  const outage = outageOf(context, run, progress.note, goesOn);
  let rounds = 0;
  let said = "";
  const followed = async (): Promise<string> => {
    for (;;) {
      throwIfStopped(context, goesOn);
      const { state, model, why } = await look(destruction, outage);
      throwIfStopped(context, goesOn);
      if (state === "gone") {
        progress.enter("gone");
        return progress.summary();
      }
      if (state === "alive") {
        throw new TeardownError(
          "refused",
          `the model ${recorded.name} is alive: it was not destroyed, and nothing is left in the stack that would do it\npulumi up   # puts it back into the stack; then: pulumi destroy`,
        );
      }
      const since = dyingSince(run) ?? began;
      const dyingFor = clock.now() - since;
      if (model && state !== "unclear") {
        said = model.statusMessage;
        progress.enter(state, said);
        judge(model, recorded, "the model does not go away like this");
        const left = whatIsLeft(said);
        const minutes = dyingFor < minute ? "" : `, ${sayDuration(dyingFor - (dyingFor % minute))}`;
        if (left) progress.note(`${left} left${minutes}`);
        else if (said) progress.note(`${said}${minutes}`);
      } else progress.note(`cannot be seen for sure: ${why ?? "juju gave no reason"}`);
      const due = Math.floor(dyingFor / settings.stuckAfter);
      if (state !== "unclear" && due > rounds) {
        rounds = due;
        await unstick(destruction, progress, outage, {
          number: due,
          next: since + (due + 1) * settings.stuckAfter,
        });
        continue;
      }
      await clock.sleep(pause(clock.now() - began), context.signal);
    }
  };
  try {
    return await followed();
  } catch (error) {
    const isLate = error instanceof TeardownError && ["deadline", "interrupted"].includes(error.code);
    if (!isLate || stopReason(context.signal)?.why !== "deadline") throw error;
    const model = `${recorded.controller}:${recorded.name}`;
    throw stopped(context, `the model ${recorded.name} is still there`, [
      `Juju says: ${said || "nothing about what it waits for"}`,
      `What is left: juju status -m ${model}; juju storage -m ${model}`,
      `The next destroy ${rounds > 0 ? "removes its machines by force again" : "goes on following it"}; its machines are released by their own rows.`,
    ]);
  }
};

/**
 * Waits until the model is seen dying or gone: no machine is released while its model is alive. It never comes back to life, so
 * one answer serves all machines.
 *
 * @param isLost whether the guards took its controller for lost: it is looked for all the same, since it may be back
 * @throws TeardownError `refused` when it is alive, `juju`, `deadline` or `interrupted`
 */
export const waitUntilDying = async (
  context: Context,
  run: Run,
  recorded: ModelRecord,
  row: Row,
  isLost = false,
): Promise<void> => {
  const untouched = "no machine was released";
  const outage = outageOf(context, run, row.status, untouched);
  for (;;) {
    throwIfStopped(context, untouched);
    const { state, why } = await outage.through(async () => {
      const seen = await lookForModel(context, recorded, run);
      const isAway = seen.reasons?.some(({ code }) => code === "unreachable");
      return isAway && isLost ? ({ ...seen, state: "gone" } as const) : mustAnswer(seen);
    });
    throwIfStopped(context, untouched);
    if (state === "gone" || state === "dying" || state === "dead") return;
    if (state === "alive") {
      throw new TeardownError(
        "refused",
        `its model ${recorded.name} is alive, so it was not released\npulumi up   # puts the model back into the stack; then: pulumi destroy`,
      );
    }
    row.status(`its model cannot be seen for sure: ${why ?? "juju gave no reason"}`);
    await context.clock.sleep(beforeAskingAgain, context.signal);
  }
};
