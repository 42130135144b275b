import { parseAnswer } from "./answers.ts";
import { ownWords } from "./errors.ts";
import { failureError, isBusyConflict, isHtml, statusError } from "./failures.ts";
import { attempt, pauseBefore } from "./http.ts";
import { type MaasMachine, machineSchema } from "./machine.ts";
import type { HttpAnswer, HttpFailure } from "./transport.ts";
import type { Wire } from "./wire.ts";

export type EraseMode = "none" | "disk" | "quick" | "secure";

/**
 * What MAAS answered to a release. Nothing here proves the end: look at the machine afterwards, until it is Ready.
 * - `accepted`: the release has started, or there was nothing to do; `machine` is as MAAS saw it before the power-off
 * - `refused`: MAAS did nothing
 * - `power-failed`: the power-off failed, and MAAS puts the machine back to its previous status
 * - `unknown`: no answer that tells; MAAS may be releasing
 */
export type ReleaseAnswer =
  | { kind: "accepted"; machine: MaasMachine }
  | { kind: "refused"; status: number; reason: string }
  | { kind: "power-failed"; status: number; reason: string }
  | { kind: "unknown"; reason: string };

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

/** 403 has an empty body (recorded), so these are our words. */
const forbiddenReason =
  "MAAS answered 403 without a word, which means that the machine is locked (then not even an administrator can release it), " +
  "or that it belongs to another user than the API key's";

const interpret = (wire: Wire, what: string, answer: HttpAnswer): ReleaseAnswer => {
  const { status } = answer;
  const words = ownWords(wire.key, answer.body);
  if (status === 200) {
    try {
      return { kind: "accepted", machine: parseAnswer(wire, what, answer, machineSchema) };
    } catch (error) {
      return { kind: "unknown", reason: error instanceof Error ? error.message : "unusable answer" };
    }
  }
  if (status === 403) return { kind: "refused", status, reason: words === "" ? forbiddenReason : words };
  if (status >= 500) {
    // A proxy in between answers in HTML (a 504 after its own time limit): MAAS goes on meanwhile.
    if (isHtml(answer) || words === "") {
      return {
        kind: "unknown",
        reason: `${status} from something in front of MAAS, which may be releasing all the same`,
      };
    }
    return { kind: "power-failed", status, reason: words };
  }
  if (isBusyConflict(answer) || status === 429) {
    return { kind: "unknown", reason: `MAAS answered ${status}: too busy to start the release` };
  }
  const known = [400, 404, 409].includes(status) && !isHtml(answer);
  if (!known || /^(Unrecognised signature|Unknown API endpoint)/.test(words)) {
    throw statusError(wire, what, answer);
  }
  return { kind: "refused", status, reason: words || `MAAS answered ${status} without a word` };
};

/** Whether MAAS certainly did nothing and may do it if asked again. */
const mayRepeat = (outcome: HttpAnswer | HttpFailure): boolean =>
  "failure" in outcome
    ? outcome.failure === "not-sent"
    : isBusyConflict(outcome) || (outcome.status === 429 && !isHtml(outcome));

/**
 * One release. Repeats only what certainly was not done; whatever leaves that open is `unknown`, so that the caller looks
 * again before it asks again.
 * @throws TeardownError `maas` when MAAS cannot be reached or does not take the key, `interrupted` when the client is stopped
 */
export const release = async (
  wire: Wire,
  systemId: string,
  options: { comment: string; erase: EraseMode; signal?: AbortSignal },
): Promise<ReleaseAnswer> => {
  const what = `the release of machine ${systemId}`;
  const body = new URLSearchParams({
    comment: options.comment,
    ...eraseParameters[options.erase],
  }).toString();
  const path = `machines/${encodeURIComponent(systemId)}/?op=release`;
  const signals = [wire.signal, options.signal].filter((signal) => signal !== undefined);
  const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined;
  for (let count = 1; ; count += 1) {
    const outcome = await attempt(wire, { method: "POST", path, body, limit: wire.limits.release, signal });
    if (mayRepeat(outcome) && count < wire.limits.attempts) {
      await pauseBefore(wire, count + 1, outcome, signal).catch(() => {});
      if (!signal?.aborted) continue;
      if (wire.signal?.aborted) throw failureError(wire, what, { failure: "aborted", reason: "" }, count);
      return { kind: "unknown", reason: "stopped before MAAS took the request" };
    }
    if ("status" in outcome) {
      if (outcome.status === 401) throw statusError(wire, what, outcome, count);
      return interpret(wire, what, outcome);
    }
    if (outcome.failure === "aborted" && !wire.signal?.aborted) {
      return { kind: "unknown", reason: "not waited for any longer" };
    }
    if (["not-sent", "certificate", "aborted"].includes(outcome.failure)) {
      throw failureError(wire, what, outcome, count);
    }
    return { kind: "unknown", reason: `${outcome.reason}; MAAS may be releasing` };
  }
};
