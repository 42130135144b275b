import { setTimeout as delay } from "node:timers/promises";
import { maasError, ownWords, unauthorizedMeaning } from "./errors.ts";
import { authorization, type MaasKey } from "./oauth.ts";
import type { HttpAnswer, HttpFailure, Send } from "./transport.ts";

/** Limits in ms, except `attempts`. */
export type MaasLimits = {
  /** Until a connection is made. */
  connect: number;
  /** For one attempt at a GET. All 997 machines of a large MAAS took 14 s (recorded). */
  read: number;
  /**
   * For a POST release, which MAAS answers only after the power-off: drivers try for 5 minutes, up to 3 times. The nginx in
   * front of MAAS gives up after 900 s, so nothing comes later than that.
   */
  release: number;
  /** How often something that is safe to repeat is sent in all. */
  attempts: number;
  /** The first pause between attempts; doubles, with jitter, up to `maxPause`. */
  pause: number;
  maxPause: number;
};

export const defaultLimits: MaasLimits = {
  connect: 10_000,
  read: 60_000,
  release: 960_000,
  attempts: 5,
  pause: 500,
  maxPause: 15_000,
};

export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;
export const realSleep: Sleep = (ms, signal) => delay(ms, undefined, signal ? { signal } : {});

/** What all requests of one client share. */
export type Wire = {
  url: string;
  key: MaasKey;
  send: Send;
  limits: MaasLimits;
  signal: AbortSignal | undefined;
  now: () => number;
  sleep: Sleep;
  random: () => number;
  counted: { requests: number; bytes: number };
};

/** One attempt with a nonce of its own; counts it. */
export const attempt = async (
  wire: Wire,
  ask: {
    method: "GET" | "POST";
    path: string;
    body?: string;
    limit: number;
    signal?: AbortSignal | undefined;
  },
): Promise<HttpAnswer | HttpFailure> => {
  wire.counted.requests += 1;
  const outcome = await wire.send({
    method: ask.method,
    url: `${wire.url}/api/2.0/${ask.path}`,
    headers: {
      accept: "application/json",
      authorization: authorization(wire.key, wire.now()),
      ...(ask.body === undefined
        ? {}
        : {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": String(Buffer.byteLength(ask.body)),
          }),
    },
    ...(ask.body === undefined ? {} : { body: ask.body }),
    limit: ask.limit,
    connectLimit: wire.limits.connect,
    signal: ask.signal ?? wire.signal,
  });
  if ("status" in outcome) wire.counted.bytes += outcome.bytes;
  return outcome;
};

const retryAfter = (answer: HttpAnswer | HttpFailure): number | undefined => {
  if (!("status" in answer)) return undefined;
  const seconds = Number(answer.headers["retry-after"]);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
};

/** Waits before attempt number `next` (2, 3, …): doubling, half of it random, and at least what MAAS asked for. */
export const pauseBefore = async (
  wire: Wire,
  next: number,
  previous: HttpAnswer | HttpFailure,
  signal: AbortSignal | undefined = wire.signal,
): Promise<void> => {
  const full = Math.min(wire.limits.maxPause, wire.limits.pause * 2 ** (next - 2));
  const jittered = full / 2 + (full / 2) * wire.random();
  const asked = Math.min(retryAfter(previous) ?? 0, wire.limits.maxPause);
  await wire.sleep(Math.max(jittered, asked), signal);
};

export const isHtml = (answer: HttpAnswer): boolean =>
  /text\/html/i.test(answer.headers["content-type"] ?? "") || /^\s*<(!doctype|html)/i.test(answer.body);

/**
 * MAAS's answer to a database conflict that outlived its own retries: 409 with a page of HTML and `Retry-After: 5`, nothing
 * changed. A 409 about a machine's state has neither. (MAAS `409.html`, src/maasserver/utils/views.py)
 */
export const isBusyConflict = (answer: HttpAnswer): boolean =>
  answer.status === 409 && (answer.headers["retry-after"] !== undefined || isHtml(answer));

const mayPass = (outcome: HttpAnswer | HttpFailure): boolean => {
  if ("failure" in outcome) return ["not-sent", "lost", "limit"].includes(outcome.failure);
  return [429, 500, 502, 503, 504].includes(outcome.status) || isBusyConflict(outcome);
};

/** The error for a failed exchange that is not worth repeating, or was repeated enough. */
export const failureError = (
  wire: Wire,
  what: string,
  failure: HttpFailure,
  attempts: number,
): ReturnType<typeof maasError> => {
  const asked = `MAAS at ${wire.url} was asked for ${what}`;
  const tries = attempts > 1 ? ` (${attempts} attempts)` : "";
  switch (failure.failure) {
    case "aborted":
      return maasError("interrupted", `${asked}, and was not waited for: we were told to stop.`);
    case "certificate":
      return maasError(
        "unreachable",
        `${asked}, but its certificate is not trusted: ${failure.reason}.\nNothing was sent. ` +
          "Trust MAAS's certificate authority: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem, then run the command again.",
        failure.cause,
      );
    case "limit":
      return maasError(
        "timeout",
        `${asked}, but did not answer in time${tries}: ${failure.reason}.\nIs MAAS overloaded? Look at: systemctl status maas-regiond (or snap services maas)`,
        failure.cause,
      );
    case "too-big":
      return maasError("bad-answer", `${asked}, but ${failure.reason}.`);
    default:
      return maasError(
        "unreachable",
        `${asked}, but cannot be reached${tries}: ${failure.reason}.\nTry: curl -sS ${wire.url}/api/2.0/version/`,
        failure.cause,
      );
  }
};

/** The error for an answer other than what was asked for. Takes care that no secret gets into the message. */
export const statusError = (
  wire: Wire,
  what: string,
  answer: HttpAnswer,
  attempts = 1,
): ReturnType<typeof maasError> => {
  const asked = `MAAS at ${wire.url} was asked for ${what}`;
  const said = isHtml(answer)
    ? "a page of HTML"
    : answer.body.trim() === ""
      ? "an empty body"
      : `"${ownWords(answer.body)}"`;
  const { status } = answer;
  // Without credentials a collection answers 400 instead of 401 (recorded).
  if (status === 401 || (status === 400 && /^Unrecognised signature: .*op=None/.test(answer.body))) {
    const meaning = unauthorizedMeaning(status === 401 ? answer.body : "Forbidden");
    return maasError(
      "unauthorized",
      `${asked} and answered ${status}: ${meaning}.\nLog in again: maas login PROFILE ${wire.url} API_KEY`,
    );
  }
  if (status === 403) {
    return maasError(
      "forbidden",
      `${asked} and answered 403: the user of this API key may not see or do this.\nUse the key of an administrator, or of the machines' owner.`,
    );
  }
  if (status >= 300 && status < 400) {
    return maasError(
      "bad-answer",
      `${asked} and answered ${status}, a redirect to ${answer.headers.location ?? "nowhere"}. The API key is not sent there.\n` +
        "Configure the URL that MAAS redirects to (with TLS enabled: https, port 5443).",
    );
  }
  if (mayPass(answer)) {
    return maasError(
      "server",
      `${asked} and answered ${status} with ${said}${attempts > 1 ? `, ${attempts} times` : ""}.`,
    );
  }
  const kind = status >= 400 && status < 500 && !isHtml(answer) ? "bad-request" : "bad-answer";
  const meaning =
    kind === "bad-answer"
      ? "This is not what MAAS's API answers: is the URL right, is a proxy in between?"
      : "MAAS does not take this question.";
  return maasError(kind, `${asked} and answered ${status} with ${said}.\n${meaning}`);
};

/**
 * A GET, repeated with pauses while it may pass: no connection, a broken one, no answer in time, 409 with Retry-After, 429, 5xx.
 * @returns the answer if its status is 200, or 404 (the caller knows what that means)
 */
export const read = async (wire: Wire, what: string, path: string): Promise<HttpAnswer> => {
  for (let count = 1; ; count += 1) {
    const outcome = await attempt(wire, { method: "GET", path, limit: wire.limits.read });
    if ("status" in outcome && (outcome.status === 200 || outcome.status === 404)) return outcome;
    if (!mayPass(outcome) || count >= wire.limits.attempts) {
      throw "failure" in outcome
        ? failureError(wire, what, outcome, count)
        : statusError(wire, what, outcome, count);
    }
    await pauseBefore(wire, count + 1, outcome).catch(() => {
      throw failureError(wire, what, { failure: "aborted", reason: "stopped" }, count);
    });
  }
};
