import type { DestroyAnswer, JujuModel, Presence } from "./clients/juju.ts";
import { sayDuration } from "./config/duration.ts";
import type { Context, Row } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { refusalMessage } from "./guards/findings-table.ts";
import { strangersNow } from "./guards/guards.ts";
import { judgeModel } from "./guards/model-guard.ts";
import type { Finding } from "./run/event.ts";
import type { RecordedModel } from "./run/recorded-lab.ts";
import type { Run } from "./run/run-directory.ts";
import { throwIfStopped } from "./stopping.ts";
import { startStory } from "./story.ts";
import { count } from "./text/table.ts";

/** Everything that the model's destruction needs. */
export type ModelDestruction = {
  context: Context;
  run: Run;
  row: Row;
  recorded: RecordedModel;
  /** How long it took in earlier runs, in ms. */
  usual?: number | undefined;
};

const goesOn = "Juju goes on destroying the model by itself";
// Between two looks at the model while destroy-model runs: only a look shows that it became `suspended`.
const lookEvery = 15_000;
const beforeAskingAgain = 3_000;
const beforeLookingAgain = 300;
// A call that failed for no lasting reason is made again, but not for ever.
const failuresInARow = 3;

// The controller may still change its mind right after the removal (juju.md 1): from the beginning of a list to that of the
// next one, which has to agree.
const betweenLists = 200;
// When a model was first seen gone by this process, if each look since has seen the same.
const goneSince = new WeakMap<Context, Map<string, number>>();

const lookForModel = async (context: Context, { controller, uuid }: RecordedModel): Promise<Presence> => {
  const since = goneSince.get(context) ?? new Map<string, number>();
  goneSince.set(context, since);
  const began = context.clock.now();
  const seen = await context.juju.presence(controller, uuid);
  if (seen.state !== "gone") since.delete(uuid);
  else if (!since.has(uuid)) since.set(uuid, began);
  return seen;
};

/**
 * Whether the model is gone: two fresh lists, one after the other, with the controller's own model, nothing unexplained on
 * stderr, and no entry with the recorded UUID. When this process has seen it gone before, and never otherwise since, that
 * list is the first of the two.
 */
export const confirmGone = async (context: Context, recorded: RecordedModel): Promise<Presence> => {
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

/** Since when the model is to go away: the first call after it was last seen alive. One that was not taken makes nothing stuck. */
const firstCall = (run: Run): number | undefined => {
  const events = run.journal.events();
  const alive = events.findLastIndex((each) => each.event === "model-state" && each.state === "alive");
  const call = events.slice(alive + 1).find(({ event }) => event === "destroy-model-called");
  return call && Date.parse(call.at);
};

const judge = (model: JujuModel, recorded: RecordedModel, untouched: string): void => {
  const verdict = judgeModel(model, recorded);
  if (verdict.verdict === "refused") throw new TeardownError("refused", refusalMessage([verdict], untouched));
};

/** Asks whether machines have joined the model since the guards looked. */
const askForStrangers = async ({ context, run, recorded }: ModelDestruction): Promise<Finding[] | Error> =>
  run.knowledge === "part"
    ? []
    : await strangersNow(context, run.lab, recorded).catch((error: Error) => error);

/** Whether no machine has joined the model since the guards looked; false when Juju does not say. A dying model gets no more. */
const hasOnlyListed = (story: ModelStory, strangers: Finding[] | Error): boolean => {
  if (Array.isArray(strangers) && strangers.length > 0)
    throw new TeardownError("refused", refusalMessage(strangers, "the model was not destroyed"));
  if (Array.isArray(strangers)) return true;
  story.now(`its machines cannot be seen: ${strangers.message.split("\n")[0]}`);
  return false;
};

/** Calls destroy-model and looks at the model beside it, so that a model that is suspended is named at once. */
const callDestroyModel = async (
  destruction: ModelDestruction,
  story: ModelStory,
  limit: number,
): Promise<DestroyAnswer> => {
  const { context, run, recorded } = destruction;
  const { juju, clock } = context;
  const attempt = run.journal.events().filter(({ event }) => event === "destroy-model-called").length + 1;
  const ended = new AbortController();
  const began = clock.now();
  run.journal.write({ event: "destroy-model-called", uuid: recorded.uuid, attempt });
  const looking = async () => {
    for (;;) {
      await clock.sleep(lookEvery, AbortSignal.any([ended.signal, context.signal]));
      if (ended.signal.aborted || context.signal.aborted) return;
      const { model } = await juju
        .presence(recorded.controller, recorded.uuid)
        .catch(() => ({ model: undefined }));
      if (!model) continue;
      story.came(model.life, model.statusMessage);
      judge(model, recorded, "destroy-model was called; the model does not go away like this");
    }
  };
  const calling = juju
    .destroyModel(recorded.uuid, {
      signal: AbortSignal.any([context.signal, ended.signal]),
      limit,
      onProgress: ({ machines, applications, errors }) => {
        story.came("dying");
        story.now(
          `${count(machines, "machine")}, ${count(applications, "application")} left${errors ? `, ${errors} in error` : ""}`,
        );
      },
    })
    .then((answer) => {
      const text = "reason" in answer ? answer.reason : "";
      run.journal.write({
        event: "destroy-model-answered",
        uuid: recorded.uuid,
        attempt,
        kind: answer.kind,
        text,
        took: clock.now() - began,
      });
      return answer;
    });
  const watching = looking();
  try {
    return await Promise.race([calling, watching.then(() => calling)]);
  } finally {
    ended.abort();
    await Promise.allSettled([calling, watching]);
  }
};

/** The runbook's procedure for a stuck model: its machines are removed by force; destroy-model is then called again. */
const removeMachines = async (destruction: ModelDestruction, story: ModelStory): Promise<void> => {
  const { context, run, recorded, row } = destruction;
  const machines = await context.juju.machines(recorded.uuid).catch(() => []);
  const ids = machines.map(({ id }) => id);
  if (ids.length === 0) return story.now("stuck, but Juju shows no machines left");
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
};

const notGoing = (recorded: RecordedModel, answer: DestroyAnswer): TeardownError =>
  new TeardownError(
    "model",
    [
      `juju destroy-model ${recorded.name} failed: ${"reason" in answer ? answer.reason : answer.kind}`,
      "The machines are released all the same; what is captured stays.",
      `Look: juju show-model ${recorded.controller}:${recorded.name}   # then: pulumi destroy`,
    ].join("\n"),
  );

/**
 * Force-destroys the model and returns when it is gone. Looks first; follows the reaping; after `stuckAfter` from the run's
 * first destroy-model, and again each further `stuckAfter`, removes the machines by force and calls destroy-model again.
 *
 * @returns what happened, for the row
 * @throws TeardownError `model`, `refused`, `juju`, `deadline` or `interrupted`; the model stays in the stack then
 */
export const destroyModel = async (destruction: ModelDestruction): Promise<string> => {
  const { context, run, recorded } = destruction;
  const { clock, settings } = context;
  const story = modelStory(destruction);
  let stuckRounds = 0;
  let failures = 0;
  let answered: DestroyAnswer["kind"] | undefined;

  for (;;) {
    throwIfStopped(context, goesOn);
    // Asked at the same time: each question to juju is a process, and a login to the controller.
    const [{ state, model, why }, strangers] = await Promise.all([
      confirmGone(context, recorded),
      answered ? undefined : askForStrangers(destruction),
    ]);
    throwIfStopped(context, goesOn);
    if (state === "gone") {
      story.came("gone");
      return story.told();
    }
    if (answered === "reported-gone") await clock.sleep(beforeLookingAgain, context.signal);
    if (model) {
      story.came(model.life, model.statusMessage);
      judge(
        model,
        recorded,
        firstCall(run) ? "the model does not go away like this" : "nothing was destroyed",
      );
    } else if (state === "unclear") {
      // Never destroyed by a guess: what the list does not show is looked at again.
      story.now(`cannot be seen for sure: ${why ?? "juju gave no reason"}`);
      await clock.sleep(beforeAskingAgain, context.signal);
      continue;
    }
    const first = firstCall(run);
    const elapsed = first === undefined ? 0 : clock.now() - first;
    const rounds = Math.floor(elapsed / settings.stuckAfter);
    if (rounds > stuckRounds) {
      stuckRounds = rounds;
      if (model?.life !== "alive") await removeMachines(destruction, story);
      throwIfStopped(context, goesOn);
    }
    if (model?.life === "alive" && !hasOnlyListed(story, strangers ?? (await askForStrangers(destruction)))) {
      await clock.sleep(beforeAskingAgain, context.signal);
      continue;
    }
    throwIfStopped(context, goesOn);
    const limit = (rounds + 1) * settings.stuckAfter - elapsed;
    const answer = await callDestroyModel(destruction, story, limit);
    throwIfStopped(context, goesOn);
    failures = answer.kind === "failed" ? failures + 1 : 0;
    if (answer.kind === "refused" || failures >= failuresInARow) throw notGoing(recorded, answer);
    if (answer.kind === "failed") {
      story.now(`destroy-model failed: ${answer.reason.split("\n")[0]}; calling it again`);
      await clock.sleep(beforeAskingAgain * failures, context.signal);
    }
    if (answer.kind === "lost-connection")
      story.now(`juju lost the connection (${answer.reason}); looking for myself`);
    answered = answer.kind;
    // Juju's own word that it is gone is looked into at once.
    if (answer.kind !== "stopped" && answer.kind !== "reported-gone")
      await clock.sleep(beforeLookingAgain, context.signal);
  }
};
