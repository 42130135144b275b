import type { DestroyAnswer, JujuModel, Presence } from "./clients/juju.ts";
import { sayDuration } from "./config/duration.ts";
import type { Context, Row } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { refusalMessage } from "./guards/findings-table.ts";
import { strangersNow } from "./guards/guards.ts";
import { judgeModel } from "./guards/model-guard.ts";
import { identityOf, type ModelRecord } from "./record.ts";
import type { Finding } from "./run/event.ts";
import type { Run } from "./run/run-directory.ts";
import { throwIfStopped } from "./stopping.ts";
import { startStory } from "./story.ts";

/** Everything that the model's destruction needs. */
export type ModelDestruction = {
  context: Context;
  run: Run;
  row: Row;
  recorded: ModelRecord;
  /** How long it took in earlier runs, in ms. */
  usual?: number | undefined;
};

const goesOn = "Juju goes on destroying the model by itself";
// While destroy-model has not yet said that the controller took the call.
const lookEvery = 5_000;
const beforeAskingAgain = 3_000;
// Between two looks at a dying model, by how long it has been followed: each look is a process and a login.
const pause = (followed: number): number => Math.min(5_000, Math.max(500, followed / 10));
// A call that failed for no lasting reason is made again, but not for ever.
const failuresInARow = 3;

// The controller may still change its mind right after the removal (juju.md 1): from the beginning of a list to that of the
// next one, which has to agree.
const betweenLists = 200;
// When a model was first seen gone by this process, if each look since has seen the same.
const goneSince = new WeakMap<Context, Map<string, number>>();

const lookForModel = async (context: Context, recorded: ModelRecord): Promise<Presence> => {
  const { uuid } = recorded;
  const since = goneSince.get(context) ?? new Map<string, number>();
  goneSince.set(context, since);
  const began = context.clock.now();
  const seen = await context.juju.presence(identityOf(recorded));
  if (seen.state !== "gone") since.delete(uuid);
  else if (!since.has(uuid)) since.set(uuid, began);
  return seen;
};

/**
 * Whether the model is gone: two fresh lists, one after the other, with the controller's own model, nothing unexplained on
 * stderr, and no entry with the recorded UUID. When this process has seen it gone before, and never otherwise since, that
 * list is the first of the two.
 */
export const confirmGone = async (context: Context, recorded: ModelRecord): Promise<Presence> => {
  const { clock, signal } = context;
  const firstGone = () => goneSince.get(context)?.get(recorded.uuid);
  const untilNextList = (first: number) =>
    clock.sleep(Math.max(0, first + betweenLists - clock.now()), signal);
  const before = firstGone();
  if (before !== undefined) await untilNextList(before);
  const seen = await lookForModel(context, recorded);
  if (seen.state !== "gone" || before !== undefined) return seen;
  await untilNextList(firstGone() ?? clock.now());
  return await lookForModel(context, recorded);
};

const modelStory = ({ run, row, recorded, context, usual }: ModelDestruction) => {
  const story = startStory(row, context.clock, usual);
  return {
    ...story,
    came: (state: string, text = "") => {
      if (!story.came(state)) return;
      run.journal.write({ event: "model-state", uuid: recorded.uuid, state, text });
      if (text) story.now(text);
    },
  };
};
type ModelStory = ReturnType<typeof modelStory>;

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
  if (verdict.verdict === "refused") throw new TeardownError("refused", refusalMessage([verdict], untouched));
};

const notGoing = (recorded: ModelRecord, answer: DestroyAnswer): TeardownError =>
  new TeardownError(
    "model",
    [
      `juju destroy-model ${recorded.name} failed: ${"reason" in answer ? answer.reason : answer.kind}`,
      "No machine was released; what is captured stays.",
      `Look: juju show-model ${recorded.controller}:${recorded.name}   # then: pulumi destroy`,
    ].join("\n"),
  );

/** Whether no machine has joined the model since the guards looked; false when Juju does not say. A dying model gets no more. */
const hasOnlyListed = async (
  { context, run, recorded }: ModelDestruction,
  story: ModelStory,
): Promise<boolean> => {
  let strangers: Finding[];
  try {
    strangers = await strangersNow(context, run.lab, recorded);
  } catch (error) {
    story.now(`its machines could not be read: ${(error as Error).message.split("\n")[0]}`);
    return false;
  }
  if (strangers.length === 0) return true;
  throw new TeardownError("refused", refusalMessage(strangers, "the model was not destroyed"));
};

/**
 * Calls destroy-model and returns when the controller has taken the call: despite `--no-wait` juju waits until the model is
 * gone (juju.md 1), and stopping it then stops nothing in the controller.
 */
const callDestroyModel = async (destruction: ModelDestruction, story: ModelStory): Promise<DestroyAnswer> => {
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
        story.came("dying");
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
  const { context, recorded } = destruction;
  const { clock } = context;
  const story = modelStory(destruction);
  let failures = 0;
  for (let called = false; ; ) {
    throwIfStopped(context, called ? goesOn : "nothing was destroyed");
    const { state, model, why } = await confirmGone(context, recorded);
    throwIfStopped(context, called ? goesOn : "nothing was destroyed");
    if (state === "gone" || state === "dying" || state === "dead") {
      story.came(state, model?.statusMessage);
      if (model) judge(model, recorded, "the model does not go away like this");
      return story.told();
    }
    if (state === "unclear" || !model) {
      // Never destroyed by a guess: what the list does not show is looked at again.
      story.now(`cannot be seen for sure: ${why ?? "juju gave no reason"}`);
      await clock.sleep(beforeAskingAgain, context.signal);
      continue;
    }
    story.came(model.life, model.statusMessage);
    judge(model, recorded, "nothing was destroyed");
    if (!(await hasOnlyListed(destruction, story))) {
      await clock.sleep(beforeAskingAgain, context.signal);
      continue;
    }
    throwIfStopped(context, called ? goesOn : "nothing was destroyed");
    called = true;
    const answer = await callDestroyModel(destruction, story);
    throwIfStopped(context, goesOn);
    failures = answer.kind === "failed" ? failures + 1 : 0;
    if (answer.kind === "refused" || failures >= failuresInARow) throw notGoing(recorded, answer);
    if (answer.kind === "failed") {
      story.now(`destroy-model failed: ${answer.reason.split("\n")[0]}; calling it again`);
      await clock.sleep(beforeAskingAgain * failures, context.signal);
    }
    if (answer.kind === "lost-connection")
      story.now(`juju lost the connection (${answer.reason}); checking directly`);
  }
};

/** The runbook's procedure for a stuck model: its machines are removed by force, and destroy-model is called again. */
const unstick = async (destruction: ModelDestruction, story: ModelStory): Promise<void> => {
  const { context, run, recorded, row } = destruction;
  const machines = await context.juju.machines(recorded.uuid).catch(() => []);
  const ids = machines.map(({ id }) => id);
  if (ids.length === 0) story.now("stuck, but Juju shows no machines left");
  else {
    const hostnames = machines.map(({ displayName, hostname }) => displayName || hostname);
    const named = ids.map((id, at) => (hostnames[at] ? `${id} (${hostnames[at]})` : id)).join(", ");
    row.warn(
      `still dying after ${sayDuration(context.settings.stuckAfter)}: removing machines ${named} by force, as the runbook says`,
    );
    const began = context.clock.now();
    run.journal.write({ event: "remove-machines-called", uuid: recorded.uuid, ids, hostnames });
    // A removal that fails ends nothing: the model may be gone by now, and if it is not, it is destroyed again.
    const { complaints } = await context.juju
      .removeMachines(recorded.uuid, ids)
      .catch((error: Error) => ({ complaints: [error.message] }));
    run.journal.write({
      event: "remove-machines-answered",
      uuid: recorded.uuid,
      complaints,
      took: context.clock.now() - began,
    });
    story.now(
      complaints.length > 0
        ? `removing machines: ${complaints[0]?.split("\n")[0]}`
        : `machines ${ids.join(", ")} removed by force`,
    );
  }
  throwIfStopped(context, goesOn);
  const answer = await callDestroyModel(destruction, story);
  if (answer.kind === "refused") throw notGoing(recorded, answer);
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
  const story = modelStory(destruction);
  const began = clock.now();
  let rounds = 0;
  for (;;) {
    throwIfStopped(context, goesOn);
    const { state, model, why } = await confirmGone(context, recorded);
    throwIfStopped(context, goesOn);
    if (state === "gone") {
      story.came("gone");
      return story.told();
    }
    if (state === "alive") {
      throw new TeardownError(
        "refused",
        `the model ${recorded.name} is alive: it was not destroyed, and nothing is left in the stack that would do it\npulumi up   # puts it back into the stack; then: pulumi destroy`,
      );
    }
    if (model && state !== "unclear") {
      story.came(state, model.statusMessage);
      judge(model, recorded, "the model does not go away like this");
      if (model.statusMessage) story.now(model.statusMessage);
    } else story.now(`cannot be seen for sure: ${why ?? "juju gave no reason"}`);
    const due = Math.floor((clock.now() - (dyingSince(run) ?? began)) / settings.stuckAfter);
    if (state !== "unclear" && due > rounds) {
      rounds = due;
      await unstick(destruction, story);
      continue;
    }
    await clock.sleep(pause(clock.now() - began), context.signal);
  }
};

/**
 * Waits until the model is seen dying or gone: no machine is released while its model is alive. It never comes back to life, so
 * one answer serves all machines.
 *
 * @throws TeardownError `refused` when it is alive, `deadline` or `interrupted`
 */
export const mustBeGoing = async (context: Context, recorded: ModelRecord, row: Row): Promise<void> => {
  for (;;) {
    throwIfStopped(context, "no machine was released");
    const { state, why } = await context.juju.presence(identityOf(recorded));
    throwIfStopped(context, "no machine was released");
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
