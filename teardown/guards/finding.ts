import { z } from "zod";

/** `ok` needs nothing; `refused` stops the destroy; `note` is worth knowing. */
export type Severity = "ok" | "note" | "refused";

const text = z.string();
const kind = <Code extends string, Shape extends z.ZodRawShape>(code: Code, shape: Shape) =>
  z.object({
    code: z.literal(code),
    verdict: z.enum(["ok", "note", "refused"]),
    /** Set when it concerns one machine alone: in a teardown that has begun, the others go on. */
    machine: text.optional(),
    ...shape,
  });
const machine = { hostname: text, systemId: text };
const model = { name: text, uuid: text };

/** What a guard found, as data: the words are in say.ts. */
export const findingSchema = z.discriminatedUnion("code", [
  kind("host", { host: text }),
  kind("other-host", { host: text, expected: text }),
  kind("user", { user: text }),
  kind("other-user", { user: text, expected: text }),
  kind("backup-root", { root: text }),
  kind("backup-root-not-writable", { root: text, existing: text, problem: text }),

  kind("list", { machines: z.number() }),
  kind("off-list", { hostname: text }),
  kind("not-adopted", { hostname: text }),

  kind("juju", { controller: text, user: text.optional() }),
  kind("juju-failed", {
    controller: text,
    kind: text.optional(),
    said: text,
    /** Of the controller, when it is away: what `controllerLost` would name. */
    lost: text.optional(),
  }),
  kind("controller-lost", { controller: text, uuid: text }),
  kind("other-controller", { controller: text, found: text, expected: text }),
  kind("setting-changed", { key: text, value: text, recorded: text }),

  kind("model", { ...model, life: text }),
  kind("model-gone", model),
  kind("model-gone-at-up", { name: text }),
  kind("model-is-controllers", model),
  kind("model-suspended", {
    ...model,
    said: text,
    cloud: text,
    /** Juju 4.0 does not show it. */
    credential: text.optional(),
    controller: text,
  }),
  kind("model-migrating", { ...model, said: text }),
  kind("model-renamed", { ...model, expected: text }),
  kind("model-rebuilt", { ...model, expected: text }),
  kind("model-unclear", { name: text, controller: text, why: text }),
  kind("model-ambiguous", { name: text, found: z.array(text) }),
  kind("model-not-found", { name: text, controller: text, unexplained: z.array(text) }),
  kind("no-admin-access", { ...model, access: text, user: text }),
  kind("command-disabled", { ...model, set: text, said: text }),
  kind("gone-not-provable", { ...model, user: text }),
  kind("machines-not-listed", { ...model, said: text }),

  kind("maas", { url: text, username: text, isAdmin: z.boolean() }),
  kind("maas-failed", { url: text, kind: text.optional(), said: text }),
  kind("maas-simulated", { url: text }),
  kind("maas-real", { url: text }),
  kind("other-maas", { url: text, expected: text }),
  kind("key-sees-own-only", { url: text, username: text }),

  kind("machine", { ...machine, status: text, owner: text }),
  kind("machine-renamed", { ...machine, now: text }),
  kind("machine-is-this-host", machine),
  kind("machine-locked", machine),
  kind("machine-is-controllers", machine),
  /** `unproven`: nothing says that it lives, nor that it is gone. */
  kind("machine-of-other-model", {
    ...machine,
    its: text,
    expected: text,
    unproven: z.literal(true).optional(),
  }),
  kind("machine-of-other-controller", { ...machine, its: text, expected: text }),
  kind("machine-other-owner", { ...machine, owner: text, expected: text }),
  kind("machine-hosts-vms", { ...machine, vmHost: text }),
  kind("machine-not-releasable", { ...machine, status: text }),
  kind("machine-unclaimed", machine),
  kind("machine-deleted", machine),
  kind("machine-replaced", { ...machine, now: text }),
  kind("machine-invisible", machine),
  kind("machine-taken", { ...machine, status: text, owner: text }),
  kind("machine-not-found", { hostname: text, similar: text.optional() }),

  kind("unlisted", {
    hostname: text,
    /** As `alsoDestroyed` names it. */
    id: text,
    /** Whether MAAS knows it by that id. */
    inMaas: z.boolean(),
  }),
  kind("vm-deletion", { version: text, uuid: text, machines: z.array(text) }),
  kind("no-vm-deletion", { version: text }),

  kind("approved", { digest: text }),
  kind("not-approved", { digest: text }),
  /** `compared`: what differs, line by line, or why that cannot be said. */
  kind("other-approved", { approved: text, digest: text, compared: z.array(text) }),
  kind("no-snapshot-command", {}),
  kind("stack-protected", { stack: text, resources: z.number() }),
  kind("other-records", { stack: text, resources: z.array(text) }),
  kind("stack-not-opened", { stack: text, said: text }),

  /** What a journal of version 1 holds: words, and no data. */
  kind("words", {
    guard: text,
    subject: text,
    found: text,
    expected: text.optional(),
    next: text.optional(),
    id: text.optional(),
  }),
]);
export type Finding = z.output<typeof findingSchema>;

/** A finding as any version wrote it. */
export const storedFinding: z.ZodType<Finding> = z.preprocess(
  (value) =>
    typeof value === "object" && value !== null && !("code" in value) ? { code: "words", ...value } : value,
  findingSchema,
);

type Data = {
  [Code in Finding["code"]]: Omit<Extract<Finding, { code: Code }>, "verdict">;
}[Finding["code"]];

const make =
  (verdict: Severity) =>
  (data: Data): Finding => ({ ...data, verdict });

/** The guard has no objection. */
export const ok: (data: Data) => Finding = make("ok");
/** Worth knowing, but no reason to stop. */
export const note: (data: Data) => Finding = make("note");
/** A reason to stop. */
export const refused: (data: Data) => Finding = make("refused");

/** Those that stop a destroy. Once one has begun, what concerns one machine alone stops that machine alone: it is judged again before its release. */
export const stopping = (findings: Finding[], begun: boolean): Finding[] =>
  findings.filter(({ verdict, machine }) => verdict === "refused" && !(begun && machine !== undefined));
