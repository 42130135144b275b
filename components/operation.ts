import { isDeepStrictEqual } from "node:util";
import { type Adoption, adoption, mustBeAdoptable } from "../teardown/adopt.ts";
import { type EngineOptions, engineOptions } from "../teardown/clients/engine-options.ts";
import { engineProcess } from "../teardown/clients/engine-process.ts";
import { stackResources } from "../teardown/clients/pulumi.ts";
import type { Settings } from "../teardown/config/settings.ts";
import { stackSettings } from "../teardown/config/stack-settings.ts";
import type { Context, Row } from "../teardown/context.ts";
import { TeardownError } from "../teardown/errors.ts";
import type { Finding } from "../teardown/guards/finding.ts";
import { judge } from "../teardown/guards/guards.ts";
import { takeOut } from "../teardown/guards/say.ts";
import { realContext } from "../teardown/real-context.ts";
import { type LabRecord, withOtherRecords } from "../teardown/record.ts";
import { isDestructive } from "../teardown/run/journal.ts";
import { findOpenRun, runKey } from "../teardown/run/run-directory.ts";
import type { StopReason } from "../teardown/stopping.ts";
import { type Survey, survey } from "../teardown/survey.ts";
import { beginTeardown, type Teardown } from "../teardown/teardown.ts";
import { versionsNow } from "../teardown/versions.ts";
import { connectEngine, type Engine } from "./engine/engine.ts";

// One process serves all resources of an operation; what is asked or begun once lives here.
const once = <Value>(make: () => Value): (() => Value) => {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const stopping = new AbortController();
const graceForChildren = 2_000;

/** The engine that started this provider: its address is the first argument. */
export const engine: () => Engine = once(() => {
  const made = connectEngine(process.argv[2] ?? "");
  made.gone.addEventListener("abort", () => stopping.abort(made.gone.reason));
  // A provider whose engine died would live on for ever, and act beside its successor (engine.md 3.2).
  made.died.addEventListener("abort", () => setTimeout(() => process.exit(1), graceForChildren).unref());
  return made;
});

/** The SDK calls it before anything else: from here on the engine's Cancel is heard. Must not wait (engine.md 0). */
export const configure = async (): Promise<void> => {
  engine();
};

const rows = new Map<string, Promise<void>>();

/** A resource's row. Messages arrive in their order; a status that is old news by the time it could be sent is left out. */
export const rowOf = (urn: string): Row => {
  let last = "";
  let count = 0;
  const tell = (tone: "status" | "info" | "warning") => (text: string) => {
    if (tone === "status" && text === last) return;
    last = text;
    const own = ++count;
    const before = rows.get(urn) ?? Promise.resolve();
    rows.set(
      urn,
      before.then(() => (tone === "status" && own < count ? undefined : engine().say(urn, text, tone))),
    );
  };
  return { status: tell("status"), info: tell("info"), warn: tell("warning") };
};

/** Waits until all that was said on a row has arrived: what comes after the resource is done is lost. */
export const rowTold = (urn: string): Promise<void> => rows.get(urn) ?? Promise.resolve();

/** Which stack and project a URN is of. */
export const stackOf = (urn: string): { stack: string; project: string } => {
  const [, stack = "", project = ""] = /^urn:pulumi:([^:]*)::([^:]*)::/.exec(urn) ?? [];
  return { stack, project };
};

/**
 * Whether a program ran, so that an identity may be compared with today's and recorded anew. Asked afresh: an `up` refreshes
 * first, in this very process, and the program runs after that.
 */
export const isUp = (): Promise<boolean> =>
  engine()
    .rootResource()
    .then(
      (root) => root !== "",
      () => false,
    );

/** What the engine was asked to do, by its command line and its environment. */
const asked: () => EngineOptions = once(() => engineOptions(engineProcess()?.argv ?? [], process.env));

let settings: Promise<Settings> | undefined;
/** The settings of this very operation. @throws TeardownError `config` */
export const settingsNow = (urn: string): Promise<Settings> =>
  (settings ??= stackSettings(stackOf(urn).stack, stopping.signal));

let looking: Promise<Context> | undefined;
/** For methods that only look. */
export const lookingContext = (urn: string): Promise<Context> =>
  (looking ??= settingsNow(urn).then((known) => realContext(known, stopping.signal)));

let adopting: Promise<Adoption> | undefined;
/**
 * Today's lab, looked at once in an `up`.
 *
 * @param before what was recorded last; in a teardown that has begun it stands in for what is gone since
 * @throws TeardownError `missing`, `juju` or `maas`
 */
export const adoptedLab = async (urn: string, before: LabRecord | undefined): Promise<Adoption> => {
  const context = await lookingContext(urn);
  const { settings } = context;
  adopting ??= (async () => {
    const open = findOpenRun(runKey(settings, stackOf(urn)));
    const begun = open && isDestructive(open.journal.events()) ? (before ?? open.lab) : undefined;
    return adoption(await survey(context), settings, begun);
  })();
  const found = await adopting;
  mustBeAdoptable(found, settings);
  return found;
};

/** What a refresh saw of the recorded lab, and what the guards say of it. */
export type Judged = { seen: Survey; findings: Finding[]; settings: Settings };
let judging: Promise<Judged> | undefined;
/** The recorded lab, looked at and judged once in a refresh, as a destroy does. @throws TeardownError `config` or `refused` */
export const judged = (urn: string, record: LabRecord): Promise<Judged> =>
  (judging ??= (async () => {
    const context = await lookingContext(urn);
    const { settings, host } = context;
    const run = findOpenRun(runKey(settings, stackOf(urn), record));
    const seen = await survey(context, { record, run });
    return { seen, findings: judge(seen, record, settings, host), settings };
  })());

/** Whether what a refresh finds is news that stays: before a destroy asks, it is; before a program runs, its table says more. */
export const refreshTells = (): boolean => {
  const { command } = asked();
  return command === undefined || command === "destroy" || command === "refresh";
};

/** Whether this is an `up`, and surely nothing else: a program ran, and the command line says so. */
export const isPlainUp = async (): Promise<boolean> => {
  const { command, runProgram } = asked();
  return command === "up" && !runProgram && (await isUp());
};

/**
 * Refuses whatever is not a plain destroy. Pulumi also deletes in an `up`: a machine off the list, the lab out of the program,
 * a replacement (engine.md 1). Anything but a clean "no program ran" refuses.
 *
 * @throws TeardownError `refused`
 */
export const onlyInDestroy = async (urn: string): Promise<void> => {
  const root = await engine()
    .rootResource()
    .catch((error: Error) => `unknown (${error.message})`);
  const { command, runProgram } = asked();
  if (root === "" && (command === undefined || command === "destroy")) return;
  if (runProgram) {
    throw new TeardownError(
      "refused",
      "`pulumi destroy --run-program` cannot be told from an `up`; nothing was touched\nRun it without: pulumi destroy",
    );
  }
  const name = urn.split("::").at(-1) ?? "";
  throw new TeardownError(
    "refused",
    [
      `${name} is destroyed by \`pulumi destroy\` only, and this is another operation; nothing was touched`,
      "It is in the stack but no longer in the program or on the list `machines`.",
      takeOut(name),
    ].join("\n"),
  );
};

/** A pattern of `--target` as the engine reads it: `*` stands for anything but a colon, `**` for anything. */
const matches = (pattern: string, urn: string): boolean => {
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^:]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`).test(urn);
};

/** What a row adds when this destroy ends without the exit criteria, "" otherwise. */
export const notVerified = (urn: string, { targets, excludes, excludeProtected } = asked()): string => {
  const exitCriteria = urn.replace(/dynamic\/lab:\w+::.*$/, "dynamic/lab:ExitCriteria::exit-criteria");
  const targeted = targets.length > 0 && !targets.some((pattern) => matches(pattern, exitCriteria));
  // What stays needs what was created before it.
  const without = targeted || excludes.length > 0;
  if (!without && !excludeProtected) return "";
  const why = without ? "are not" : "may not be";
  return `\nnot yet verified: the exit criteria ${why} part of this destroy\nTo finish, and to verify: pulumi destroy`;
};

const begin = async (urn: string, lab: LabRecord, last: boolean): Promise<Teardown> => {
  const [known] = await Promise.all([settingsNow(urn), mustAgree(urn, lab)]);
  const { deadline } = known;
  setTimeout(
    () => stopping.abort({ why: "deadline", after: deadline } satisfies StopReason),
    deadline,
  ).unref();
  const controller = known.jujuController || lab.model?.controller || "";
  const context = realContext({ ...known, jujuController: controller }, stopping.signal);
  return await beginTeardown({
    context,
    ...stackOf(urn),
    lab,
    onlyExitCriteria: last,
    versions: () => versionsNow(context),
  });
};

/**
 * Every resource of the lab that is left in the state has the same record, and each machine is in it: a destroy never goes by an
 * edited state.
 *
 * @throws TeardownError `refused`
 */
const mustAgree = async (urn: string, lab: LabRecord): Promise<void> => {
  const { stack } = stackOf(urn);
  const resources = await stackResources({ engine: engineProcess(), stack, signal: stopping.signal });
  if (!resources) {
    throw new TeardownError(
      "refused",
      `the state of the stack ${stack} could not be read; nothing was touched\nLook: pulumi stack export --stack ${stack}   # then: pulumi destroy`,
    );
  }
  const names = withOtherRecords(resources, lab);
  if (names.length === 0) return;
  throw new TeardownError(
    "refused",
    [
      `the state has other records of the lab in ${names.join(", ")}; nothing was touched`,
      "It was edited, imported, or left by an `up` that failed.",
      "To record the lab anew: pulumi up   # then: pulumi preview",
    ].join("\n"),
  );
};

let begun: Promise<Teardown> | undefined;
/**
 * The destroy that this process is part of; the first caller begins it.
 *
 * @param last whether the caller is deleted after all others
 * @throws TeardownError `refused` when this is no destroy, or the caller's record is not that of the others
 */
export const teardown = async (urn: string, lab: LabRecord, last = false): Promise<Teardown> => {
  await onlyInDestroy(urn);
  begun ??= begin(urn, lab, last);
  const made = await begun;
  if (isDeepStrictEqual(made.run.lab, lab)) return made;
  throw new TeardownError(
    "refused",
    "its record is not that of the stack's other resources: the state was edited; nothing was touched here\nTo record the lab anew: pulumi up   # then: pulumi preview",
  );
};
