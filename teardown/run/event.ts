import { z } from "zod";
import { errorCodes } from "../errors.ts";
import { storedFinding } from "../guards/finding.ts";
import type { StopReason } from "../stopping.ts";

const capturedFile = z.object({ name: z.string(), bytes: z.number(), sha256: z.string() });
export type CapturedFile = z.output<typeof capturedFile>;

const criterion = z.object({
  met: z.boolean(),
  subject: z.string(),
  found: z.string(),
  /** What to type when it is not met. */
  next: z.string().optional(),
  /** How it was met, when not in the plain way. */
  by: z.enum(["accepted", "taken"]).optional(),
});
/** One of the exit criteria, and what was found. */
export type Criterion = z.output<typeof criterion>;

const stopReason: z.ZodType<StopReason> = z.discriminatedUnion("why", [
  z.object({ why: z.literal("cancelled") }),
  z.object({ why: z.literal("engine-gone") }),
  z.object({ why: z.literal("deadline"), after: z.number() }),
]);
const captureBy = z.enum(["backup", "provider"]);

/**
 * Why there is no capture:
 * - `juju`: a read failed; `kind` is the Juju client's
 * - `invalid`: juju answered, but not with what the file is to hold
 * - `rebuilt`: the model of this name is another one than recorded
 * - `no-bundle`: there is nothing left to export, and no verified capture either
 * - `unclear`: whether the model is alive could not be seen
 * - `stopped`: cancelled, the engine is gone, or the deadline
 * - `failed`: anything else, such as a full disk
 */
const captureProblem = z.discriminatedUnion("code", [
  z.object({ code: z.literal("juju"), kind: z.string() }),
  z.object({ code: z.literal("invalid"), file: z.string() }),
  z.object({ code: z.literal("rebuilt"), uuid: z.string() }),
  z.object({ code: z.literal("no-bundle"), life: z.string() }),
  z.object({ code: z.literal("unclear") }),
  z.object({ code: z.literal("stopped"), why: z.string() }),
  z.object({ code: z.literal("failed") }),
]);
export type CaptureProblem = z.output<typeof captureProblem>;

const event = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.object({ at: z.iso.datetime(), event: z.literal(name), ...shape });
const machine = { hostname: z.string(), systemId: z.string() };
const took = { took: z.number() };
const captured = {
  by: captureBy,
  engine: z.string().optional(),
  files: z.array(capturedFile),
  withoutBundle: z.boolean(),
  /** Whether the bundle was put together from other answers: Juju 4.0 has no export-bundle. */
  composed: z.boolean().optional(),
  ...took,
};
const captureFailed = {
  by: captureBy,
  engine: z.string().optional(),
  why: z.string(),
  problem: captureProblem.optional(),
  ...took,
};
const captureEvents = [event("captured", captured), event("capture-failed", captureFailed)] as const;
/** How a capture ended. */
export const captureOutcome = z.discriminatedUnion("event", captureEvents);
export type CaptureOutcome = z.output<typeof captureOutcome>;

/** Everything that the journal can hold. Times are ISO 8601 in UTC, `took` is in ms. */
export const runEvent = z.discriminatedUnion("event", [
  event("run-opened", {
    project: z.string(),
    stack: z.string(),
    model: z.object({ name: z.string(), uuid: z.string(), controller: z.string() }).optional(),
    machines: z.array(z.object(machine)),
  }),
  event("destroy-started", {
    pid: z.number(),
    engine: z.string().optional(),
    user: z.string(),
    host: z.string(),
    command: z.string().optional(),
    /** Why, as given by `pulumi destroy -m`. */
    message: z.string().optional(),
    /** The digest that it was approved with. */
    approved: z.string().optional(),
    settings: z.record(z.string(), z.unknown()),
  }),
  event("versions", { seen: z.record(z.string(), z.string()) }),
  event("guards-passed", { findings: z.array(storedFinding), ...took }),
  event("guards-refused", { findings: z.array(storedFinding), ...took }),
  /** Machines that are destroyed with the model although they are not listed, as seen right before destroy-model. */
  event("unlisted-permitted", { findings: z.array(storedFinding) }),
  event("capture-started", { by: captureBy }),
  ...captureEvents,
  event("snapshot-started", { command: z.array(z.string()) }),
  event("snapshot-ended", {
    /** Undefined when it did not come to an end by itself. */
    exitCode: z.number().optional(),
    end: z.string(),
    /** The last of what it printed. */
    output: z.string(),
    ...took,
  }),
  event("destroy-model-called", { uuid: z.string(), attempt: z.number() }),
  event("destroy-model-answered", {
    uuid: z.string(),
    attempt: z.number(),
    kind: z.enum(["reported-gone", "lost-connection", "not-found", "refused", "stopped", "failed"]),
    text: z.string(),
    ...took,
  }),
  event("remove-machines-called", {
    uuid: z.string(),
    ids: z.array(z.string()),
    /** In the order of the ids. */
    hostnames: z.array(z.string()).optional(),
  }),
  event("remove-machines-answered", { uuid: z.string(), complaints: z.array(z.string()), ...took }),
  event("model-state", {
    uuid: z.string(),
    state: z.enum(["alive", "dying", "dead", "gone"]),
    text: z.string(),
  }),
  event("release-called", { ...machine, attempt: z.number() }),
  event("release-answered", {
    ...machine,
    attempt: z.number(),
    kind: z.enum(["accepted", "refused", "power-failed", "unknown"]),
    reason: z.string(),
    ...took,
  }),
  event("machine-state", {
    ...machine,
    from: z.string(),
    /** A status by MAAS's name, or "deleted from MAAS". */
    to: z.string(),
    seenBy: z.enum(["look", "poll", "answer"]),
  }),
  event("done", {
    resource: z.string(),
    /** Which of the two resources of a model: its destruction, or the reaping that follows. */
    kind: z.enum(["model", "reaping", "machine"]).optional(),
    /** Those that it came into meanwhile. */
    states: z.array(z.object({ at: z.iso.datetime(), state: z.string() })).optional(),
    /** Why releases of it failed, in their order. */
    failures: z.array(z.string()).optional(),
    text: z.string(),
    ...took,
  }),
  event("stopped", {
    resource: z.string(),
    code: z.enum(errorCodes),
    /** Why waiting ended, when that is what stopped it. */
    reason: stopReason.optional(),
    message: z.string(),
  }),
  event("interrupted", { reason: stopReason.optional(), why: z.string() }),
  event("exit-criteria", { met: z.boolean(), criteria: z.array(criterion), took: z.number().optional() }),
  /** What a crash or a full disk left of the line before, which has no end. */
  event("torn", { bytes: z.number(), sha256: z.string() }),
  event("run-closed", { outcome: z.enum(["complete"]), took: z.number(), nextStep: z.string() }),
]);
export type RunEvent = z.output<typeof runEvent>;

// All that version 1 held in words alone, as it wrote them.
const versionOne = z.union([
  z.looseObject({ event: z.literal("exit-criteria"), lines: z.array(z.string()) }).transform((event) => ({
    ...event,
    criteria: event.lines.map((line) => {
      const [met, subject, ...found] = line.split(/ {2,}/);
      return { met: met === "met", subject, found: found.join(" ") };
    }),
  })),
  z
    .looseObject({ event: z.literal("interrupted"), why: z.literal("the Pulumi engine is gone") })
    .transform((event) => ({
      ...event,
      reason: { why: "engine-gone" },
    })),
]);

/** An event of version 1, as today's are. */
export const fromVersionOne = (value: unknown): unknown => versionOne.safeParse(value).data ?? value;

type Without<Union, Keys extends PropertyKey> = Union extends unknown ? Omit<Union, Keys> : never;
/** An event as it is handed to the journal, which adds the time. */
export type NewEvent = Without<RunEvent, "at">;
