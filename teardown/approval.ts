import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { isPermission } from "./config/permissions.ts";
import type { Settings } from "./config/settings.ts";
import { type Finding, ok, refused } from "./guards/finding.ts";
import type { LabRecord } from "./record.ts";
import { inHome } from "./run/run-directory.ts";

// A secret, the approval itself, and what only says how long or how fast: none of them changes what is destroyed.
const leftOut: ReadonlySet<string> = new Set<keyof Settings>([
  "maasApiKey",
  "approved",
  "approvedPlan",
  "requireApproval",
  "deadline",
  "stuckAfter",
  "maasConcurrency",
]);

const scope = z.object({
  model: z.record(z.string(), z.string()).or(z.literal("gone")),
  maasUrl: z.string(),
  /** By system_id. */
  machines: z.record(z.string(), z.record(z.string(), z.string())),
  settings: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.array(z.string())),
});

/** What a destroy destroys, and how: all that is approved, and nothing that changes by itself or while it is destroyed. */
export type Scope = z.output<typeof scope>;

const planFile = z.object({
  v: z.literal(1),
  digest: z.string(),
  project: z.string(),
  stack: z.string(),
  at: z.string(),
  scope,
});

/** A plan, as `plan --out` writes it down to be approved. */
export type PlanFile = z.output<typeof planFile>;

/** What a destroy of a recorded lab destroys, with today's settings. Order in lists does not matter. */
export const scopeOf = ({ model, maasUrl, machines }: LabRecord, settings: Settings): Scope => {
  // An empty one means the client's current controller; the record says which that was.
  const named = { ...settings, jujuController: settings.jujuController || (model?.controller ?? "") };
  const entries = Object.entries({ ...named, machines: named.machines.toSorted() });
  return {
    model: model ?? "gone",
    maasUrl,
    machines: Object.fromEntries(machines.map(({ systemId, ...rest }) => [systemId, rest])),
    settings: Object.fromEntries(entries.filter(([key]) => !leftOut.has(key) && !isPermission(key))),
    permissions: Object.fromEntries(
      entries.flatMap(([key, value]) =>
        isPermission(key) && Array.isArray(value) ? [[key, value.toSorted()]] : [],
      ),
    ),
  };
};

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, each]) => [key, canonical(each)]),
  );
};

/** SHA-256 over canonical JSON, in hexadecimal digits: what `approved` names. */
export const digestOf = (what: Scope): string =>
  createHash("sha256")
    .update(JSON.stringify(canonical(what)))
    .digest("hex");

/** Reads what `plan --out` wrote; or says why it is of no use. */
export const readPlanFile = (path: string): PlanFile | { problem: string } => {
  try {
    const read = planFile.parse(JSON.parse(readFileSync(inHome(path), "utf8")));
    return digestOf(read.scope) === read.digest
      ? read
      : { problem: "it was edited: its digest is not that of what it holds" };
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      return { problem: "it is not what `openstack-lab plan --out` writes" };
    return { problem: (error as Error).message };
  }
};

const leaves = (value: unknown, path: string): [string, string][] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, each]) => leaves(each, path ? `${path}.${key}` : key))
    : [[path, JSON.stringify(value)]];

/** What differs between what was approved and what is there now, a line each. */
export const differences = (approved: Scope, now: Scope): string[] => {
  const [before, after] = [new Map(leaves(approved, "")), new Map(leaves(now, ""))];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .map(
      (path) =>
        `${path}: ${before.get(path) ?? "not there"} when approved, ${after.get(path) ?? "not there"} now`,
    );
};

/**
 * Whether what would be destroyed is what was approved: the digest that `approved` names is today's. Pure.
 *
 * @param plan what `approvedPlan` names, as it was read; undefined when it names nothing
 */
export const judgeApproval = (
  lab: LabRecord,
  settings: Settings,
  plan: PlanFile | { problem: string } | undefined,
): Finding[] => {
  const { approved, requireApproval, approvedPlan } = settings;
  const now = scopeOf(lab, settings);
  const digest = digestOf(now);
  if (approved === "") return requireApproval ? [refused({ code: "not-approved", digest })] : [];
  if (approved === digest) return [ok({ code: "approved", digest })];
  const compared = (): string[] => {
    if (!plan) return ["to see line by line what differs, set approvedPlan to the file of the approved plan"];
    if ("problem" in plan) return [`${approvedPlan} cannot be compared: ${plan.problem}`];
    if (plan.digest !== approved)
      return [`${approvedPlan} is another plan than the approved one: ${plan.digest}`];
    return ["what differs:", ...differences(plan.scope, now).map((line) => `  ${line}`)];
  };
  return [refused({ code: "other-approved", approved, digest, compared: compared() })];
};
