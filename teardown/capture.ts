import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { JujuClient } from "./clients/juju.ts";
import { jujuErrorKind } from "./clients/juju.ts";
import type { Settings } from "./config/settings.ts";
import type { Clock } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { destroyWith } from "./guards/finding.ts";
import type { ModelRecord } from "./record.ts";
import type { CapturedFile } from "./run/event.ts";
import { writeWhole } from "./run/files.ts";
import { isDestructive } from "./run/journal.ts";
import { type Run, stamp } from "./run/run-directory.ts";

/** The runbook's three files, and the sums that make them verifiable. */
export const captureFiles = {
  bundle: "bundle-pre-destroy.yaml",
  status: "juju-status-pre-destroy.yaml",
  models: "juju-models-pre-destroy.yaml",
  sums: "SHA256SUMS",
} as const;

/** What a capture needs of the world: not MAAS, and no secret. */
export type CaptureContext = {
  juju: JujuClient;
  clock: Clock;
  settings: Pick<Settings, "withoutBundle" | "jujuController">;
};

/** Who takes the capture, and under which engine: one that was taken under the same engine is this destroy's own. */
export type CaptureBy = { by: "backup" | "provider"; engine: string | undefined };

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const fail = (found: string, next: string) =>
  new TeardownError("capture", `no verified capture: ${found}\nNothing was destroyed.\n${next}`);

// The export of an old controller may carry anchors; a bomb of aliases is not a bundle.
const documents = (name: string, text: string): unknown[] =>
  parseAllDocuments(text, { logLevel: "silent" }).map((document) => {
    const [problem] = document.errors;
    if (problem)
      throw fail(
        `${name} does not parse: ${problem.message.split("\n")[0]}`,
        "Look at what juju prints, then: pulumi destroy",
      );
    return document.toJS({ maxAliasCount: 100 });
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

const check = {
  bundle: (text: string, status: z.output<typeof statusShape>) => {
    const bundle = documents(captureFiles.bundle, text)
      .map((document) => bundleShape.safeParse(document))
      .find(({ success }) => success)?.data;
    if (!bundle)
      throw fail(
        `${captureFiles.bundle} holds no application`,
        "Look at: juju export-bundle, then: pulumi destroy",
      );
    const known = new Set(Object.keys(status.applications ?? {}));
    const stranger = Object.keys(bundle.applications).find((application) => !known.has(application));
    if (stranger) {
      throw fail(
        `${captureFiles.bundle} holds ${stranger}, which juju status does not know: it is not this model's`,
        "Look at both, then: pulumi destroy",
      );
    }
    // A text that was cut off is often still YAML.
    const living = Object.entries(status.applications ?? {}).filter(([, { life }]) => life === undefined);
    const missing = living.map(([name]) => name).filter((name) => !(name in bundle.applications));
    if (missing.length > 0 || !text.endsWith("\n")) {
      throw fail(
        `${captureFiles.bundle} is cut off: ${missing.length > 0 ? `it lacks ${missing.join(", ")}` : "its last line has no end"}`,
        "Look at: juju export-bundle, then: pulumi destroy",
      );
    }
  },
  status: (text: string, model: ModelRecord) => {
    const status = statusShape.safeParse(documents(captureFiles.status, text)[0]).data;
    const name = model.name.split("/").at(-1);
    if (!status || status.model.name !== name)
      throw fail(
        `${captureFiles.status} is not about the model ${name}`,
        "Look at: juju status, then: pulumi destroy",
      );
    return status;
  },
  models: (text: string, model: ModelRecord) => {
    const list = modelsShape.safeParse(documents(captureFiles.models, text)[0]).data;
    if (!list?.models.some((each) => each["model-uuid"] === model.uuid)) {
      // What was read by the model's name is the namesake's then.
      const namesake = list?.models.find(({ name }) => name === model.name);
      if (namesake) {
        throw fail(
          `${model.name} (${namesake["model-uuid"]}) is another model than the one recorded at \`up\` (${model.uuid}): the lab was rebuilt since`,
          "pulumi up   # records today's lab; then: pulumi preview",
        );
      }
      throw fail(
        `${captureFiles.models} does not list the model ${model.uuid}`,
        "Look at: juju models, then: pulumi destroy",
      );
    }
  },
};

const withoutBundleHint = (
  settings: CaptureContext["settings"],
  model: ModelRecord,
) => `If another checkout or machine began this teardown, copy its run directory to where this one looks (backupRoot), then: pulumi destroy
To go on without a bundle: pulumi destroy -c withoutBundle=${[...settings.withoutBundle, model.uuid].join(",")}`;

/** What a dying model still exports is not the lab's bundle: it may lack what was removed first. */
const mustBeAlive = (context: CaptureContext, models: string, model: ModelRecord): void => {
  const list = modelsShape.safeParse(documents(captureFiles.models, models)[0]).data;
  const life = list?.models.find((each) => each["model-uuid"] === model.uuid)?.life ?? "alive";
  if (life === "alive") return;
  throw fail(
    `the model ${model.name} is ${life} already, and this run holds no capture of it`,
    withoutBundleHint(context.settings, model),
  );
};

/** Reads the three, side by side; the bundle may be done without when the configuration says so. */
const readAll = async (context: CaptureContext, model: ModelRecord) => {
  const { juju, settings } = context;
  const address = `${model.controller}:${model.name}`;
  const nothingToExport = (error: unknown): undefined => {
    const gone = jujuErrorKind(error) === "not-found";
    const empty = /nothing to export/i.test((error as Error).message);
    if (!gone && !empty) throw fail((error as Error).message, "When juju answers again: pulumi destroy");
    if (settings.withoutBundle.includes(model.uuid)) return undefined;
    throw fail(
      gone
        ? `the model ${model.name} is gone, and this run holds no capture of it`
        : `the model ${model.name} has no application left to export`,
      withoutBundleHint(settings, model),
    );
  };
  const [bundle, status, models] = await Promise.all([
    juju.exportBundle(address).catch(nothingToExport),
    juju.statusYaml(address).catch(nothingToExport),
    juju.modelsYaml(model.controller).catch((error: Error) => {
      throw fail(error.message, "When juju answers again: pulumi destroy");
    }),
  ]);
  return { bundle, status, models };
};

const describe = (directory: string, name: string): CapturedFile => {
  const text = readFileSync(join(directory, name), "utf8");
  return { name, bytes: Buffer.byteLength(text), sha256: sha256(text) };
};

/** The files of a capture whose hashes still hold; undefined when there is none, or a file was changed or lost. */
export const verifiedCapture = (directory: string): CapturedFile[] | undefined => {
  const sums = join(directory, captureFiles.sums);
  if (!existsSync(sums)) return undefined;
  try {
    const lines = readFileSync(sums, "utf8").trim().split("\n").filter(Boolean);
    const files = lines.map((line) => {
      const [sum = "", name = ""] = line.split(/ [ *]/);
      const file = describe(directory, name);
      if (file.sha256 !== sum) throw new Error("changed");
      return file;
    });
    return files.length > 0 ? files : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Takes the capture into the run directory: each file whole or not at all, mode 0600, verified to parse and to be about this
 * model before its sums are written.
 *
 * @throws TeardownError `capture`; then nothing may be destroyed
 */
export const takeCapture = async (
  context: CaptureContext,
  run: Run,
  who: CaptureBy,
): Promise<CapturedFile[]> => {
  const { clock, settings } = context;
  const began = clock.now();
  run.journal.write({ event: "capture-started", by: who.by });
  try {
    const { model } = run.lab;
    const texts = model
      ? await readAll(context, model)
      : {
          bundle: undefined,
          status: undefined,
          models: await context.juju.modelsYaml(settings.jujuController),
        };
    if (model && texts.status !== undefined) {
      const status = check.status(texts.status, model);
      if (texts.bundle !== undefined) check.bundle(texts.bundle, status);
      check.models(texts.models, model);
    }
    if (model && !settings.withoutBundle.includes(model.uuid)) mustBeAlive(context, texts.models, model);
    // Reading takes minutes. A capture whose engine was killed lives on, and must not put its late files over those by which a
    // successor has begun to destroy.
    const theirs = isDestructive(run.journal.events()) ? verifiedCapture(run.directory) : undefined;
    if (theirs) return theirs;
    const present = (["bundle", "status", "models"] as const).filter((key) => texts[key] !== undefined);
    for (const key of present) writeWhole(join(run.directory, captureFiles[key]), texts[key] ?? "");
    const files = present.map((key) => describe(run.directory, captureFiles[key]));
    writeWhole(
      join(run.directory, captureFiles.sums),
      files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""),
    );
    run.journal.write({
      event: "captured",
      ...who,
      files,
      withoutBundle: texts.bundle === undefined,
      took: clock.now() - began,
    });
    return files;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    run.journal.write({ event: "capture-failed", by: who.by, why, took: clock.now() - began });
    if (error instanceof TeardownError && error.code === "capture") throw error;
    throw fail(why, `Mend it, or choose another place: ${destroyWith("backupRoot", "<folder>")}`);
  }
};

const keepAside = (directory: string, now: number): void => {
  for (const name of Object.values(captureFiles)) {
    const file = join(directory, name);
    if (existsSync(file)) renameSync(file, `${file}.before-${stamp(now)}`);
  }
};

const ownCapture = (run: Run, who: CaptureBy): boolean => {
  const last = run.journal.events().findLast(({ event }) => event === "captured");
  return last?.event === "captured" && who.engine !== undefined && last.engine === who.engine;
};

/**
 * A verified capture of this run. One that is there is kept once something was destroyed; before that it is taken anew, unless
 * this very destroy has taken it.
 */
export const ensureCapture = async (
  context: CaptureContext,
  run: Run,
  who: CaptureBy,
): Promise<CapturedFile[]> => {
  const there = verifiedCapture(run.directory);
  if (there && (isDestructive(run.journal.events()) || ownCapture(run, who))) return there;
  // What was captured before anything was destroyed is evidence, also when a file of it was changed since.
  if (isDestructive(run.journal.events())) keepAside(run.directory, context.clock.now());
  return await takeCapture(context, run, who);
};
