import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { adoptLab } from "../teardown/adopt.ts";
import { engineArguments, saysDestroy } from "../teardown/clients/engine-process.ts";
import { runTimeSettings } from "../teardown/config/run-time.ts";
import { namespace, type Settings, settingKeys } from "../teardown/config/settings.ts";
import type { Context, Row } from "../teardown/context.ts";
import { TeardownError } from "../teardown/errors.ts";
import { takeOut } from "../teardown/guards/list-guard.ts";
import { type Look, machineLooks } from "../teardown/machine-looks.ts";
import type { LabRecord } from "../teardown/record.ts";
import { isDestructive } from "../teardown/run/journal.ts";
import { findOpenRun } from "../teardown/run/run-directory.ts";
import { deadlineReason } from "../teardown/stopping.ts";
import { beginTeardown, type Teardown } from "../teardown/teardown.ts";
import { versionsNow } from "../teardown/versions.ts";
import { realContext } from "../teardown/world.ts";
import { connectEngine, type Engine } from "./engine/engine.ts";
import { leavesOut } from "./engine/partial-destroy.ts";

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

let configured: Record<string, unknown> = {};
/** Keeps what the engine hands over; must not wait for anything (engine.md 0). */
export const configure = async (request: dynamic.ConfigureRequest): Promise<void> => {
  const values = settingKeys.map(
    (key) => [`${namespace}:${key}`, request.config.get(`${namespace}:${key}`)] as const,
  );
  configured = Object.fromEntries(values.filter(([, value]) => value !== undefined));
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

const rootResource = once(() => engine().rootResource());
/** Whether a program ran, so that an identity may be compared with today's and recorded anew. */
export const isUp = (): Promise<boolean> =>
  rootResource().then(
    (root) => root !== "",
    () => false,
  );

const engineCommand = once(() => engineArguments());

let settings: Promise<Settings> | undefined;
/** The settings of this very operation. @throws TeardownError `config` */
export const settingsNow = (urn: string): Promise<Settings> =>
  (settings ??= isUp().then((programRan) =>
    runTimeSettings({ configured, project: process.cwd(), stack: stackOf(urn).stack, programRan }),
  ));

let looking: Promise<Context> | undefined;
/** The world, for methods that only look. */
export const lookingContext = (urn: string): Promise<Context> =>
  (looking ??= settingsNow(urn).then((known) => realContext(known, stopping.signal)));

let looks: Promise<Look> | undefined;
/** A look at one machine together with all others that are looked at now. */
export const machineLook = (urn: string): Promise<Look> =>
  (looks ??= lookingContext(urn).then((context) => machineLooks(context)));

let adopting: Promise<LabRecord> | undefined;
/**
 * Today's lab, found once in an `up`.
 *
 * @param before what was recorded last; in a teardown that has begun it stands in for what is gone since
 * @throws TeardownError `missing`
 */
export const adoptedLab = (urn: string, before: LabRecord | undefined): Promise<LabRecord> =>
  (adopting ??= (async () => {
    const context = await lookingContext(urn);
    const { backupRoot, backupLabel } = context.settings;
    const open = findOpenRun({ backupRoot, backupLabel, ...stackOf(urn), modelUuid: undefined });
    const begun = open && isDestructive(open.journal.events()) ? (before ?? open.lab) : undefined;
    return await adoptLab(context, begun);
  })());

/** Whether what a refresh finds is news that stays: before a destroy asks, it is; before a program runs, its table says more. */
export const refreshTells = (): boolean => {
  const argv = engineCommand();
  return saysDestroy(argv) !== false || argv.includes("refresh");
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
  const argv = engineCommand();
  if (root === "" && saysDestroy(argv) !== false) return;
  if (argv.includes("--run-program")) {
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
      takeOut(name, urn),
    ].join("\n"),
  );
};

/** What a row adds when this destroy ends without the exit criteria, "" otherwise. Best effort: by the engine's command line. */
export const notVerified = (urn: string): string => {
  const exitCriteria = urn.replace(/dynamic\/lab:\w+::.*$/, "dynamic/lab:ExitCriteria::exit-criteria");
  const partly = leavesOut([...engineCommand()], exitCriteria);
  if (partly === "no") return "";
  const why = partly === "surely" ? "are not" : "may not be";
  return `\nnot yet verified: the exit criteria ${why} part of this destroy\nTo finish, and to verify: pulumi destroy`;
};

const begin = async (urn: string, lab: LabRecord, last: boolean): Promise<Teardown> => {
  const known = await settingsNow(urn);
  const { deadline } = known;
  setTimeout(() => stopping.abort(deadlineReason(deadline)), deadline).unref();
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
