import { lstatSync, renameSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { JujuClient } from "./clients/juju.ts";
import { jujuErrorKind } from "./clients/juju.ts";
import type { Settings } from "./config/settings.ts";
import type { Clock } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { destroyWith } from "./guards/say.ts";
import { identityOf, type ModelRecord } from "./record.ts";
import {
  captureFiles,
  captureState,
  describeFile,
  leaveOutcome,
  newestCapture,
  sumsOf,
  takeOutcomes,
  verifiedCapture,
} from "./run/captured.ts";
import type { CapturedFile, CaptureOutcome, CaptureProblem, NewEvent } from "./run/event.ts";
import { discard, syncFolder, writePartial } from "./run/files.ts";
import { isDestructive } from "./run/journal.ts";
import { type Run, shownPath, stamp } from "./run/run-directory.ts";
import { stopped, stopReason } from "./stopping.ts";

/** What a capture needs: not MAAS, and no secret. */
export type CaptureContext = {
  juju: JujuClient;
  clock: Clock;
  settings: Pick<Settings, "withoutBundle" | "controllerLost" | "jujuController">;
  signal: AbortSignal;
  /** Says what is going on. */
  say?: ((text: string) => void) | undefined;
  /** Whether this process may still write: a capture can outlive its engine, and then has a successor. */
  mayWrite?: (() => boolean) | undefined;
};

/**
 * Who takes the capture, and under which engine: one that was taken under the same engine is this destroy's own. The provider
 * holds the run's lock and writes the journal; Backup's process leaves a note for it.
 */
export type CaptureBy = { by: "backup" | "provider"; engine: string | undefined };

const problems = new WeakMap<Error, CaptureProblem>();
const fail = (problem: CaptureProblem, found: string, next: string): TeardownError => {
  const error = new TeardownError(
    "capture",
    `no verified capture: ${found}\nNothing was destroyed.\n${next}`,
  );
  problems.set(error, problem);
  return error;
};
const invalid = (file: string, found: string, look: string): TeardownError =>
  fail({ code: "invalid", file }, `${file} ${found}`, `Look at: ${look}   # then: pulumi destroy`);
const lookAtModels = ({ controller }: ModelRecord) => `juju models -c ${controller} --format=yaml`;
const jujuFailed = (error: unknown): TeardownError =>
  fail(
    { code: "juju", kind: jujuErrorKind(error) ?? "failed" },
    error instanceof Error ? error.message : String(error),
    "When juju answers again: pulumi destroy",
  );

// The export of an old controller may carry anchors; a bomb of aliases is not a bundle.
const documents = (file: string, text: string, look: string): unknown[] =>
  parseAllDocuments(text, { logLevel: "silent" }).map((document) => {
    const [problem] = document.errors;
    if (problem) throw invalid(file, `does not parse: ${problem.message.split("\n")[0]}`, look);
    try {
      return document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      throw invalid(file, `does not parse: ${(error as Error).message}`, look);
    }
  });

const bundleShape = z.object({
  applications: z.record(z.string(), z.unknown()).refine((all) => Object.keys(all).length > 0),
});
const statusShape = z.object({
  model: z.object({ name: z.string() }),
  applications: z.record(z.string(), z.object({ life: z.string().optional() })).nullish(),
});
const modelsShape = z.object({
  models: z.array(
    z.object({ name: z.string().optional(), "model-uuid": z.string(), life: z.string().optional() }),
  ),
});

const checkBundle = (text: string, status: z.output<typeof statusShape>, model: ModelRecord): void => {
  const file = captureFiles.bundle;
  const look = `juju export-bundle -m ${model.controller}:${model.name}`;
  const bundle = documents(file, text, look)
    .map((document) => bundleShape.safeParse(document))
    .find(({ success }) => success)?.data;
  if (!bundle) throw invalid(file, "holds no application", look);
  const known = new Set(Object.keys(status.applications ?? {}));
  const other = Object.keys(bundle.applications).find((application) => !known.has(application));
  if (other !== undefined)
    throw invalid(file, `holds ${other}, which juju status does not know: it is not this model's`, look);
  // A text that was cut off is often still YAML. 4.0 says of what lives that it does, 3.6 says nothing.
  const living = Object.entries(status.applications ?? {}).filter(
    ([, { life = "alive" }]) => life === "alive",
  );
  const missing = living.map(([name]) => name).filter((name) => !(name in bundle.applications));
  if (missing.length > 0) throw invalid(file, `is cut off: it lacks ${missing.join(", ")}`, look);
  if (!text.endsWith("\n")) throw invalid(file, "is cut off: its last line has no end", look);
};

const checkStatus = (text: string, model: ModelRecord): z.output<typeof statusShape> => {
  const file = captureFiles.status;
  const look = `juju status -m ${model.controller}:${model.name} --format=yaml`;
  const status = statusShape.safeParse(documents(file, text, look)[0]).data;
  const name = model.name.split("/").at(-1);
  if (status && status.model.name === name) return status;
  throw invalid(file, `is not about the model ${name}`, look);
};

/** The model in the list that was captured; undefined when it is not there. */
const listed = (text: string, model: ModelRecord) => {
  const file = captureFiles.models;
  const look = lookAtModels(model);
  const list = modelsShape.safeParse(documents(file, text, look)[0]).data;
  const found = list?.models.find((each) => each["model-uuid"] === model.uuid);
  // What was read by the model's name is the namesake's then.
  const namesake = found ? undefined : list?.models.find(({ name }) => name === model.name);
  if (namesake) {
    throw fail(
      { code: "rebuilt", uuid: namesake["model-uuid"] },
      `${model.name} (${namesake["model-uuid"]}) is another model than the one recorded at \`up\` (${model.uuid}): the lab was rebuilt since`,
      "pulumi up   # records today's lab; then: pulumi preview",
    );
  }
  if (!list) throw invalid(file, `does not list the model ${model.uuid}`, look);
  return found;
};

/** The bundle; on Juju 4.0, which has no export-bundle, put together from what else it answers. */
const readBundle = async ({ juju, say }: CaptureContext, address: string) => {
  try {
    return { text: await juju.exportBundle(address), composed: false };
  } catch (error) {
    if (jujuErrorKind(error) !== "unsupported") throw error;
    let told = 0;
    const text = await juju.composeBundle(address, ({ done, total }) => {
      const tenths = Math.floor((10 * done) / total);
      if (tenths > told) say?.(`no export-bundle here: composing the bundle, ${done} of ${total} answers`);
      told = Math.max(told, tenths);
    });
    return { text, composed: true };
  }
};

/**
 * There is nothing to export (any more), and it was not permitted to do without.
 *
 * @param life as juju tells it, or "gone"
 */
const noBundle = (
  { settings }: CaptureContext,
  run: Run,
  model: ModelRecord,
  life: string,
): TeardownError => {
  const there = captureState(run.directory, run.journal.events());
  const held =
    there.state === "broken"
      ? `in ${shownPath(run.directory)} ${there.file} ${there.now === "missing" ? "is missing" : "was changed since it was captured"}`
      : "this run holds no capture of it";
  return fail(
    { code: "no-bundle", life },
    life === "alive"
      ? `the model ${model.name} has no application left to export`
      : `the model ${model.name} is ${life === "gone" ? "gone" : `${life} already`}, and ${held}`,
    [
      "If another checkout or machine began this teardown, copy its run directory to where this one looks (backupRoot), then: pulumi destroy",
      `To go on without a bundle: ${destroyWith("withoutBundle", [...settings.withoutBundle, model.uuid].join(","))}`,
    ].join("\n"),
  );
};

/** What was read of a model, without what it no longer has. */
type Texts = { models: string; status?: string; bundle?: string; composed?: boolean };
type Answer = { text: string; composed?: boolean } | { error: unknown };

// No answer, but perhaps that of a model which goes away or is empty: the list of models tells.
const ofLess: ReadonlySet<string | undefined> = new Set(["not-found", "nothing-to-export", "failed"]);
const nothingThere: ReadonlySet<string | undefined> = new Set(["not-found", "nothing-to-export"]);

/**
 * Reads the three. The list of models comes last: when the model is alive in it, the others are of a model that was. What a
 * dying one still exports is not the lab's bundle: it may lack what was removed first.
 */
const readModel = async (context: CaptureContext, run: Run, model: ModelRecord): Promise<Texts> => {
  const { juju, settings } = context;
  const address = `${model.controller}:${model.name}`;
  const answer = (reading: Promise<Answer>): Promise<Answer> =>
    reading.catch((error: unknown) => {
      if (ofLess.has(jujuErrorKind(error))) return { error };
      throw jujuFailed(error);
    });
  const [bundle, status] = await Promise.all([
    answer(readBundle(context, address)),
    answer(juju.statusYaml(address).then((text) => ({ text }))),
  ]);
  const own = await juju.modelsYaml(model.controller).catch((error: unknown) => {
    throw jujuFailed(error);
  });
  // A superuser's own list lacks what he has no grant for; who is none may not see all (juju.md 9).
  const models = listed(own, model)
    ? own
    : await juju.modelsYaml(model.controller, { all: true }).catch((error: unknown) => {
        if (jujuErrorKind(error) === "forbidden") return own;
        throw jujuFailed(error);
      });
  const found = listed(models, model);
  const life = found ? (found.life ?? "alive") : "gone";
  const kind = "error" in bundle ? jujuErrorKind(bundle.error) : undefined;
  const mustBePermitted = () => {
    if (!settings.withoutBundle.includes(model.uuid)) throw noBundle(context, run, model, life);
  };
  if (life === "alive") {
    if ("error" in status) throw jujuFailed(status.error);
    const known = checkStatus(status.text, model);
    if ("text" in bundle) {
      checkBundle(bundle.text, known, model);
      return { models, status: status.text, bundle: bundle.text, composed: bundle.composed ?? false };
    }
    if (kind !== "nothing-to-export") throw jujuFailed(bundle.error);
    mustBePermitted();
    return { models, status: status.text };
  }
  if (life === "gone" && !nothingThere.has(kind)) {
    throw "error" in bundle
      ? jujuFailed(bundle.error)
      : invalid(captureFiles.models, `does not list the model ${model.uuid}`, lookAtModels(model));
  }
  mustBePermitted();
  if ("error" in status) return { models };
  checkStatus(status.text, model);
  return { models, status: status.text };
};

/** What can be read; of a controller that is lost for ever, and permitted to be, nothing. */
const readOrLost = async (context: CaptureContext, run: Run, model: ModelRecord): Promise<Texts> => {
  const { withoutBundle, controllerLost } = context.settings;
  try {
    return await readModel(context, run, model);
  } catch (thrown) {
    const problem = thrown instanceof TeardownError ? problems.get(thrown) : undefined;
    const isAway = problem?.code === "juju" && (problem.kind === "unreachable" || problem.kind === "timeout");
    if (!isAway || !controllerLost.includes(model.controllerUuid)) throw thrown;
    if (!withoutBundle.includes(model.uuid)) throw noBundle(context, run, model, "gone");
    return {
      models: `# nothing could be captured: the controller ${model.controllerUuid} is lost, as controllerLost says\n`,
    };
  }
};

/** Puts aside what an earlier capture has left: it is evidence, also when a file of it was changed since. */
const keepAside = (directory: string, now: number): void => {
  const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  const names = Object.values(captureFiles).map((name) => join(directory, name));
  const there = names.filter(isThere);
  // Two may be taken within a second.
  for (let more = 1; ; more++) {
    const ending = `.before-${stamp(now)}${more === 1 ? "" : `-${more}`}`;
    if (names.some((name) => isThere(`${name}${ending}`))) continue;
    for (const name of there) renameSync(name, `${name}${ending}`);
    return;
  }
};

/** All files, or none, in the place of an earlier capture's, the sums last. */
const putInPlace = (directory: string, texts: [name: string, text: string][], now: number): void => {
  const partial = new Map<string, string>();
  try {
    for (const [name, text] of texts) {
      const path = join(directory, name);
      partial.set(path, writePartial(path, text));
    }
    keepAside(directory, now);
    for (const [path, from] of partial) renameSync(from, path);
    syncFolder(directory);
  } catch (error) {
    for (const from of partial.values()) discard(from);
    throw error;
  }
};

type NewOutcome = Extract<NewEvent, { event: CaptureOutcome["event"] }>;

const writeDown = ({ clock }: CaptureContext, run: Run, outcome: NewOutcome): void => {
  if (outcome.by === "provider") run.journal.write(outcome);
  else leaveOutcome(run.directory, { at: new Date(clock.now()).toISOString(), ...outcome });
};

/** Does a part of the capture; when it fails, that is written down. */
const attempt = async <Value>(
  context: CaptureContext,
  run: Run,
  who: CaptureBy,
  work: (common: () => Pick<CaptureOutcome, "by" | "engine" | "took">) => Promise<Value>,
): Promise<Value> => {
  const { clock, signal } = context;
  const began = clock.now();
  const common = () => ({
    by: who.by,
    ...(who.engine !== undefined && { engine: who.engine }),
    took: clock.now() - began,
  });
  try {
    return await work(common);
  } catch (thrown) {
    const error = sayFailure(context, thrown);
    const reason = stopReason(signal);
    const problem: CaptureProblem = reason
      ? { code: "stopped", why: reason.why }
      : (problems.get(error) ?? { code: "failed" });
    try {
      if (context.mayWrite?.() !== false)
        writeDown(context, run, { event: "capture-failed", why: error.message, problem, ...common() });
    } catch {
      // A full disk must not hide why it failed.
    }
    throw error;
  }
};

/**
 * Takes the capture into the run directory: each file whole or not at all, mode 0600, verified to parse and to be about this
 * model before its sums are written.
 *
 * @throws TeardownError `capture`, `deadline` or `interrupted`; then nothing may be destroyed
 */
export const takeCapture = (context: CaptureContext, run: Run, who: CaptureBy): Promise<CapturedFile[]> =>
  attempt(context, run, who, async (common) => {
    const { clock, settings, juju, signal } = context;
    const { model } = run.lab;
    if (who.by === "provider") run.journal.write({ event: "capture-started", by: who.by });
    const texts: Texts = model
      ? await readOrLost(context, run, model)
      : { models: await juju.modelsYaml(settings.jujuController) };
    if (context.mayWrite?.() === false || signal.aborted) throw stopped(context, "nothing was destroyed");
    const named = (["bundle", "status", "models"] as const).flatMap((key): [string, string][] => {
      const text = texts[key];
      return text === undefined ? [] : [[captureFiles[key], text]];
    });
    const files = named.map(([name, text]) => describeFile(name, text));
    putInPlace(run.directory, [...named, [captureFiles.sums, sumsOf(files)]], clock.now());
    writeDown(context, run, {
      event: "captured",
      files,
      withoutBundle: texts.bundle === undefined,
      ...(texts.composed && { composed: true }),
      ...common(),
    });
    return files;
  });

const sayFailure = (context: CaptureContext, thrown: unknown): TeardownError => {
  if (context.signal.aborted) return stopped(context, "nothing was destroyed");
  if (thrown instanceof TeardownError && thrown.code !== "juju") return thrown;
  if (jujuErrorKind(thrown)) return jujuFailed(thrown);
  return fail(
    { code: "failed" },
    thrown instanceof Error ? thrown.message : String(thrown),
    `Fix it, or choose another place: ${destroyWith("backupRoot", "<folder>")}`,
  );
};

const going: ReadonlySet<string> = new Set(["dying", "dead", "gone"]);
// Between two looks at a model that cannot be seen for sure.
const beforeLookingAgain = 3_000;

/**
 * Whether the model goes away or is gone, so that what was captured of it cannot be had again. Once something was destroyed, it
 * is looked at until that is known; a model that this run has seen dying never comes back to life.
 */
const isGoing = async (context: CaptureContext, run: Run, model: ModelRecord): Promise<boolean> => {
  const { juju, clock, signal, say, settings } = context;
  const events = run.journal.events();
  const isLost = settings.controllerLost.includes(model.controllerUuid);
  const seenGoing = events.some(
    (each) => each.event === "model-state" && each.uuid === model.uuid && going.has(each.state),
  );
  for (;;) {
    const seen = await juju.presence(identityOf(model)).catch((error: unknown) => {
      if (seenGoing) return undefined;
      throw jujuFailed(error);
    });
    if (signal.aborted) throw stopped(context, "nothing was destroyed");
    if (seen?.state === "alive") return false;
    if (seen === undefined || seen.state !== "unclear" || seenGoing) return true;
    if (isLost && seen.reasons?.some(({ code }) => code === "unreachable")) return true;
    const why = seen.why ?? "juju gave no reason";
    if (!isDestructive(events)) {
      throw fail(
        { code: "unclear" },
        `whether the model ${model.name} is alive cannot be seen for sure: ${why}`,
        "When juju answers again: pulumi destroy",
      );
    }
    say?.(`its model cannot be seen for sure: ${why}`);
    await clock.sleep(beforeLookingAgain, signal);
  }
};

/**
 * A verified capture of this run. While the model is alive each destroy takes it anew; once it goes away, a verified one is kept.
 */
export const ensureCapture = async (
  context: CaptureContext,
  run: Run,
  who: CaptureBy,
): Promise<CapturedFile[]> => {
  if (who.by === "provider") takeOutcomes(run);
  const events = run.journal.events();
  const there = verifiedCapture(run.directory, events);
  const engine = newestCapture(run.directory, events)?.engine;
  const isOurs = engine !== undefined && engine === who.engine;
  const { model } = run.lab;
  const keeps = async () => !model || (await attempt(context, run, who, () => isGoing(context, run, model)));
  if (there && (isOurs || (await keeps()))) return there;
  return await takeCapture(context, run, who);
};
