import { setTimeout as delay } from "node:timers/promises";
import { failureError, mayPass, statusError } from "./failures.ts";
import { authorization } from "./oauth.ts";
import type { HttpAnswer, HttpFailure } from "./transport.ts";
import type { Sleep, Wire } from "./wire.ts";

export const realSleep: Sleep = (ms, signal) => delay(ms, undefined, signal ? { signal } : {});

/** One attempt with a nonce of its own; counts it. */
export const attempt = async (
  wire: Wire,
  ask: {
    method: "GET" | "POST";
    path: string;
    body?: string;
    limit: number;
    signal?: AbortSignal | undefined;
    onElement?: ((text: string) => unknown) | undefined;
  },
): Promise<HttpAnswer | HttpFailure> => {
  wire.counted.requests += 1;
  const outcome = await wire.send({
    method: ask.method,
    url: `${wire.url}/api/2.0/${ask.path}`,
    headers: () => ({
      accept: "application/json",
      authorization: authorization(wire.key, wire.now()),
      ...(ask.body === undefined
        ? {}
        : {
            "content-type": "application/x-www-form-urlencoded",
            "content-length": String(Buffer.byteLength(ask.body)),
          }),
    }),
    ...(ask.body === undefined ? {} : { body: ask.body }),
    limit: ask.limit,
    connectLimit: wire.limits.connect,
    signal: ask.signal ?? wire.signal,
    onElement: ask.onElement,
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

/**
 * A GET, repeated with pauses while it may pass: no connection, a broken one, no answer in time, 409 with Retry-After, 429, 5xx.
 * @param onElement for a list: called with the text of each element as it comes
 * @returns the answer if its status is 200, or 404 (the caller knows what that means)
 */
export const read = async (
  wire: Wire,
  what: string,
  path: string,
  onElement?: (text: string) => unknown,
): Promise<HttpAnswer> => {
  for (let count = 1; ; count += 1) {
    const outcome = await attempt(wire, { method: "GET", path, limit: wire.limits.read, onElement });
    if ("status" in outcome && (outcome.status === 200 || outcome.status === 404)) return outcome;
    // What did not come within a whole limit twice is not a passing thing.
    const isSlow = "failure" in outcome && outcome.failure === "limit" && count > 1;
    if (!mayPass(outcome) || isSlow || count >= wire.limits.attempts) {
      throw "failure" in outcome
        ? failureError(wire, what, outcome, count)
        : statusError(wire, what, outcome, count);
    }
    await pauseBefore(wire, count + 1, outcome).catch(() => {
      throw failureError(wire, what, { failure: "aborted", reason: "stopped" }, count);
    });
  }
};
