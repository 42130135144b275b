import type { dynamic } from "@pulumi/pulumi";
import { engineArguments, saysDestroy } from "../teardown/clients/engine-process.ts";
import { namespace, type Settings, settingKeys } from "../teardown/config/settings.ts";
import type { Context, Row } from "../teardown/context.ts";
import { TeardownError } from "../teardown/errors.ts";
import type { Look } from "../teardown/machine-looks.ts";
import type { Knowledge, RecordedLab } from "../teardown/run/recorded-lab.ts";
import { deadlineReason } from "../teardown/stopping.ts";
import type { Teardown } from "../teardown/teardown.ts";
import { keepCompiledCode } from "./compiled-code.ts";
import { connectEngine, type Engine } from "./engine/engine.ts";
import { leavesOut } from "./engine/partial-destroy.ts";
import { staySmall } from "./footprint.ts";
import { placeOf } from "./row.ts";

// One process serves all resources of an operation; what is asked or begun once lives here. What only some operations need is
// imported where they need it: the refresh before a preview asks nothing, and the program that makes the resources does nothing.
let connected: Engine | undefined;
let configured: Record<string, unknown> = {};
const stopping = new AbortController();

const graceForChildren = 2_000;

/** The engine that started this provider: its address is the first argument. */
export const engine = (): Engine => {
  if (connected) return connected;
  const made = connectEngine(process.argv[2] ?? "");
  connected = made;
  keepCompiledCode();
  made.gone.addEventListener("abort", () => stopping.abort(made.gone.reason));
  // A provider whose engine died would live on for ever, and act beside its successor (engine.md 3.2).
  made.died.addEventListener("abort", () => setTimeout(() => process.exit(1), graceForChildren).unref());
  return made;
};

/** Keeps what the engine hands over; must not wait for anything (engine.md 0). */
export const configure = async (request: dynamic.ConfigureRequest): Promise<void> => {
  const values = settingKeys.map(
    (key) => [`${namespace}:${key}`, request.config.get(`${namespace}:${key}`)] as const,
  );
  configured = Object.fromEntries(values.filter(([, value]) => value !== undefined));
  engine();
};

const rows = new Map<string, Promise<void>>();

/**
 * A resource's row. News is told once, and in its order: messages that overtake each other tell another story. A status that
 * was not sent yet when the next news came is not sent at all: with a thousand rows the engine would be kept busy with old news.
 */
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
  const [stack = "", project = ""] = placeOf(urn).split("::");
  return { stack, project };
};

let place = "";
/** The stack and the project of an operation that runs a program, as a URN has them: `stack::project`. */
export const placeNow = async (): Promise<string> => (place ||= placeOf(await engine().rootResource()));

const programRan = async (): Promise<boolean> => (await engine().rootResource()) !== "";

const settingsBy = new Map<boolean, Settings>();

/**
 * The settings of this very operation. The stack's file is read once: each machine asks, and the file names all of them.
 *
 * @throws TeardownError `config`
 */
export const settingsNow = async (urn: string): Promise<Settings> => {
  const [ran, { runTimeSettings }] = await Promise.all([
    programRan(),
    import("../teardown/config/run-time.ts"),
  ]);
  const known = settingsBy.get(ran);
  if (known) return known;
  const { stack } = stackOf(urn);
  const read = runTimeSettings({ configured, project: process.cwd(), stack, programRan: ran });
  staySmall(read.machines.length);
  settingsBy.set(ran, read);
  return read;
};

// Every machine asks, and /proc is read for each ancestor. Whose child this process is does not change.
let command: readonly string[] | undefined;
const engineCommand = (): readonly string[] => {
  command ??= engineArguments();
  return command;
};

let looking: Promise<Context> | undefined;
/** The world, for methods that only look. */
export const lookingContext = (urn: string): Promise<Context> =>
  (looking ??= (async () => {
    const [settings, { realContext }] = await Promise.all([settingsNow(urn), import("../teardown/world.ts")]);
    return realContext(settings, stopping.signal);
  })());

let looks: Promise<Look> | undefined;
/** A look at one machine together with all others that are looked at now. */
export const machineLook = (urn: string): Promise<Look> =>
  (looks ??= (async () => {
    const [context, { machineLooks }] = await Promise.all([
      lookingContext(urn),
      import("../teardown/machine-looks.ts"),
    ]);
    return machineLooks(context);
  })());

let adopting: Promise<RecordedLab> | undefined;
/** Today's lab, found once for all resources of an `up`. @throws TeardownError `missing` */
export const adoptedLab = (urn: string): Promise<RecordedLab> =>
  (adopting ??= (async () => {
    const [{ adoptLab }, { findOpenRun }, { isDestructive }, context] = await Promise.all([
      import("../teardown/adopt.ts"),
      import("../teardown/run/run-directory.ts"),
      import("../teardown/run/journal.ts"),
      lookingContext(urn),
    ]);
    const { backupRoot, backupLabel } = context.settings;
    const open = findOpenRun({ backupRoot, backupLabel, ...stackOf(urn), modelUuid: undefined });
    return await adoptLab(context, open && isDestructive(open.journal.events()) ? open.lab : undefined);
  })());

/** Whether a program ran, so that an identity may be compared with today's and recorded anew. */
export const isUp = (): Promise<boolean> => programRan().catch(() => false);

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
export const onlyInDestroy = async (name: string, urn: string): Promise<void> => {
  const root = await engine()
    .rootResource()
    .catch((error: Error) => `unknown (${error.message})`);
  const argv = engineCommand();
  const seenOtherwise = saysDestroy(argv) === false;
  if (root === "" && !seenOtherwise) return;
  if (argv.includes("--run-program")) {
    throw new TeardownError(
      "refused",
      "`pulumi destroy --run-program` cannot be told from an `up`; nothing was touched\nRun it without: pulumi destroy",
    );
  }
  const { takeOut } = await import("../teardown/guards/list-guard.ts");
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

/** What a resource brings of the lab's record: all of it, or its own part. `last`: it is deleted after all others. */
export type Brought = { knowledge: Knowledge; lab: RecordedLab; last?: boolean };

const brought: Brought[] = [];
let begun: Promise<Teardown> | undefined;
// The deletes of one level are called at the same moment; whoever knows the whole lab speaks for all.
const gathering = 150;

const merge = (parts: Brought[]): Brought => {
  const whole = parts.find(({ knowledge }) => knowledge === "whole");
  if (whole) return whole;
  const labs = parts.map(({ lab }) => lab);
  const model = labs.find((lab) => lab.model)?.model;
  return {
    knowledge: "part",
    lab: { ...(model && { model }), maasUrl: "", machines: labs.flatMap((lab) => lab.machines) },
  };
};

// Loaded before anything is destroyed, as the components are by the refresh before it: a checkout that is updated while a destroy
// runs must not mix two versions of this code.
const loadAllOfATeardown = () =>
  Promise.all([
    import("../teardown/guards/list-guard.ts"),
    import("../teardown/destroy-model.ts"),
    import("../teardown/exit-criteria.ts"),
    import("../teardown/release-machine.ts"),
    import("../teardown/report.ts"),
  ]);

const begin = async (urn: string): Promise<Teardown> => {
  if (!brought.some(({ knowledge }) => knowledge === "whole"))
    await new Promise((resolve) => setTimeout(resolve, gathering));
  const [{ beginTeardown }, { versionsNow }, { realContext }, settings] = await Promise.all([
    import("../teardown/teardown.ts"),
    import("../teardown/versions.ts"),
    import("../teardown/world.ts"),
    settingsNow(urn),
    loadAllOfATeardown(),
  ]);
  const { deadline } = settings;
  const late = setTimeout(() => stopping.abort(deadlineReason(deadline)), deadline);
  late.unref();
  const { lab, knowledge } = merge(brought);
  const controller = settings.jujuController || lab.model?.controller || "";
  const context = realContext({ ...settings, jujuController: controller }, stopping.signal);
  return await beginTeardown({
    context,
    ...stackOf(urn),
    lab,
    knowledge,
    onlyExitCriteria: brought.every(({ last }) => last),
    versions: () => versionsNow(context),
  });
};

/** The destroy that this process is part of; the first caller begins it. @throws TeardownError */
export const teardown = (urn: string, part: Brought): Promise<Teardown> => {
  brought.push(part);
  begun ??= begin(urn);
  return begun;
};
