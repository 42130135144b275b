import { type MaasEvent, type MaasMachine, machineSchema, parseAnswer } from "./answers.ts";
import {
  type Answer,
  type Asked,
  isBusyConflict,
  isHtml,
  maasError,
  meaningOf,
  type Outcome,
  shortened,
} from "./errors.ts";
import { exchange, pauseAfter, questionOf, type Wire } from "./http.ts";

export type EraseMode = "none" | "disk" | "quick" | "secure";

/** Why MAAS did nothing: `permission` is a locked machine or another user's, `image` an erase without its image. */
export type RefusalWhy = "permission" | "state" | "absent" | "vm-host" | "image" | "other";

/** Why it is open whether MAAS is releasing. */
export type UnknownWhy = "no-answer" | "proxy" | "busy" | "unusable" | "stopped";

/**
 * What MAAS answered to a release. Nothing here proves the end: look at the machine afterwards, until it is Ready.
 * - `accepted`: the release has started, or there was nothing to do; `machine` is as MAAS saw it before the power-off
 * - `refused`: MAAS did nothing
 * - `power-failed`: the power-off failed, and MAAS puts the machine back to its previous status
 * - `unknown`: no answer that tells; MAAS may be releasing
 *
 * `reason` is MAAS's own text, or ours where MAAS gave none: for people only.
 */
export type ReleaseAnswer =
  | { kind: "accepted"; machine: MaasMachine }
  | { kind: "refused"; why: RefusalWhy; status: number; reason: string }
  | { kind: "power-failed"; status: number; reason: string }
  | { kind: "unknown"; why: UnknownWhy; reason: string };

/** Why a machine is not released: what an operator has to look at. */
export type ReleaseFailure = {
  code: "power" | "image" | "permission" | "state" | "vm-host" | "erase" | "other";
  reason: string;
};

/**
 * What MAAS writes in its events and on a machine whose release failed. This table is the only place that reads these texts; types of
 * events are MAAS's own (provisioningserver/events.py), the five minutes were recorded: the power-off was never reported.
 */
const failureTexts: readonly { text: RegExp; code: ReleaseFailure["code"] }[] = [
  { text: /Failed to power off|Failed to query node's BMC|Failed to query node power/i, code: "power" },
  { text: /No rack controllers can access the BMC/i, code: "power" },
  { text: /Node operation 'Releasing' timed out/i, code: "power" },
  { text: /Ephemeral operating system .* is unavailable/i, code: "image" },
  { text: /Failed disk erasing|Failed to erase|erasing.* failed/i, code: "erase" },
  { text: /^(Marking node failed|Failed )/, code: "other" },
];

const codeOf = (text: string): ReleaseFailure["code"] | undefined =>
  failureTexts.find((known) => known.text.test(text))?.code;

/** Why MAAS did not do what it was asked; `undefined` for a release that it began. */
export const failureAnswered = (answer: ReleaseAnswer): ReleaseFailure | undefined => {
  switch (answer.kind) {
    case "accepted":
      return undefined;
    case "power-failed":
      return { code: "power", reason: answer.reason };
    case "unknown":
      return { code: "other", reason: answer.reason };
    case "refused":
      return { code: answer.why === "absent" ? "other" : answer.why, reason: answer.reason };
  }
};

/**
 * Why a release failed that MAAS had begun, as MAAS shows it on the machine and in its events: a failed power-off puts a machine
 * back to Deployed, and says why nowhere else (maas.md 6).
 *
 * @param events newest first
 */
export const failureShown = (machine: MaasMachine, events: readonly MaasEvent[]): ReleaseFailure => {
  const said = (text: string): ReleaseFailure => ({ code: codeOf(text) ?? "other", reason: text });
  const inEvents = events
    .map(({ level, type, description }) => ({ level, text: description ? `${type}: ${description}` : type }))
    .find(({ level, text }) => level === "ERROR" || codeOf(text) !== undefined);
  const shown = [inEvents?.text, machine.errorDescription, machine.statusMessage].find(Boolean);
  return shown ? said(shown) : { code: "other", reason: "MAAS gives no reason" };
};

/**
 * Parameters of an erase. Nothing is sent for "none": since MAAS 3.5 `erase=no`, `erase=0` and `quick_erase=true` on its own all
 * erase (recorded); a site setting may still force an erase.
 */
const eraseParameters: Readonly<Record<EraseMode, Readonly<Record<string, string>>>> = {
  none: {},
  disk: { erase: "true" },
  quick: { erase: "true", quick_erase: "true" },
  secure: { erase: "true", secure_erase: "true" },
};

// 403 has an empty body (recorded).
const forbiddenReason =
  "MAAS answered 403 without a reason: the machine is locked (then not even an administrator can release it), " +
  "or it belongs to another user than the API key's";

const interpret = (wire: Wire, asked: Asked, answer: Answer): ReleaseAnswer => {
  const { status } = answer;
  const words = shortened(answer.body);
  const means = meaningOf(answer);
  if (status === 200) {
    try {
      return { kind: "accepted", machine: parseAnswer(wire, asked, answer, machineSchema) };
    } catch (error) {
      return {
        kind: "unknown",
        why: "unusable",
        reason: error instanceof Error ? error.message : "unusable answer",
      };
    }
  }
  // A proxy in between answers in HTML (a 504 after its own time limit): MAAS goes on meanwhile.
  if (status >= 500)
    return isHtml(answer) || words === ""
      ? {
          kind: "unknown",
          why: "proxy",
          reason: `${status} from something in front of MAAS, which may still be releasing`,
        }
      : { kind: "power-failed", status, reason: words };
  if (isBusyConflict(answer) || status === 429)
    return { kind: "unknown", why: "busy", reason: `MAAS answered ${status}: too busy to start the release` };
  const isRefusal = [400, 403, 404, 409].includes(status) && !isHtml(answer);
  if (!isRefusal || means === "wrong-endpoint" || means === "no-credentials")
    throw maasError(questionOf(wire, asked), answer);
  if (status === 403) return { kind: "refused", why: "permission", status, reason: words || forbiddenReason };
  const why = (["state", "absent", "vm-host", "image"] as const).find((each) => each === means) ?? "other";
  return { kind: "refused", why, status, reason: words || `MAAS answered ${status} without a reason` };
};

/** Whether MAAS certainly did nothing and may do it if asked again. */
const mayRepeat = (outcome: Outcome): boolean =>
  "failure" in outcome
    ? outcome.failure === "not-connected"
    : isBusyConflict(outcome) || (outcome.status === 429 && !isHtml(outcome));

/**
 * One release. Repeats only what certainly was not done; whatever leaves that open is `unknown`, so that the caller looks
 * again before it asks again.
 * @throws MaasError when MAAS cannot be reached or does not take the key, `interrupted` when the client is stopped
 */
export const release = async (
  wire: Wire,
  systemId: string,
  options: { comment: string; erase: EraseMode; signal?: AbortSignal },
): Promise<ReleaseAnswer> => {
  const { limits } = wire;
  const asked: Asked = { call: "release", systemId };
  const form = new URLSearchParams({
    comment: options.comment,
    ...eraseParameters[options.erase],
  }).toString();
  const path = `machines/${encodeURIComponent(systemId)}/?op=release`;
  const signal = options.signal ? AbortSignal.any([wire.signal, options.signal]) : wire.signal;
  for (let attempts = 1; ; attempts += 1) {
    const outcome = await exchange(wire, { path, form, limit: limits.release, signal });
    if (mayRepeat(outcome) && attempts < limits.attempts) {
      await pauseAfter(wire, attempts, outcome, signal);
      continue;
    }
    if ("status" in outcome && outcome.status !== 401) return interpret(wire, asked, outcome);
    if (
      "status" in outcome ||
      ["not-connected", "certificate"].includes(outcome.failure) ||
      wire.signal.aborted
    )
      throw maasError(questionOf(wire, asked, attempts), outcome);
    if (outcome.failure === "aborted")
      return { kind: "unknown", why: "stopped", reason: "no longer waited for" };
    return { kind: "unknown", why: "no-answer", reason: `${outcome.reason}; MAAS may be releasing` };
  }
};
