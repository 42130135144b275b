import { setTimeout as delay } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import { buildConnector, Pool } from "undici";
import { authorization, type MaasKey, normalizeMaasUrl, parseMaasKey } from "./access.ts";
import {
  type Answer,
  type Asked,
  type Failure,
  maasError,
  mayPass,
  type Outcome,
  type Question,
  retryAfter,
} from "./errors.ts";

/** Gives a turn back; to be called once. */
export type EndTurn = () => void;

/** Lets so many through at a time, the others in the order in which they came. */
export type Turns = {
  /** Waits for a turn. @returns undefined when the signal was aborted first */
  take: (signal: AbortSignal | undefined) => Promise<EndTurn | undefined>;
  /** Whether the next one has to wait. */
  full: () => boolean;
};

export const turns = (count: number): Turns => {
  let free = count;
  const waiting = new Set<() => void>();
  const end: EndTurn = () => {
    free++;
    const [next] = waiting;
    if (!next) return;
    waiting.delete(next);
    free--;
    next();
  };
  const take: Turns["take"] = (signal) => {
    if (signal?.aborted) return Promise.resolve(undefined);
    if (free > 0) {
      free--;
      return Promise.resolve(end);
    }
    return new Promise((resolve) => {
      const called = (): void => {
        signal?.removeEventListener("abort", aborted);
        resolve(end);
      };
      const aborted = (): void => {
        waiting.delete(called);
        resolve(undefined);
      };
      signal?.addEventListener("abort", aborted, { once: true });
      waiting.add(called);
    });
  };
  return { take, full: () => free === 0 };
};

export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Limits in ms, except `attempts`. A release that is not sent for want of a connection ends within a minute, too. */
export type MaasLimits = {
  /** Until a connection is made, TLS included. */
  connect: number;
  /** For one attempt at a GET. 997 machines in one answer took 14 s (recorded). */
  read: number;
  /** For a whole GET with its attempts, pauses and turns: two in a row end within a minute. */
  call: number;
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

const defaultLimits: MaasLimits = {
  connect: 10_000,
  read: 20_000,
  call: 28_000,
  release: 960_000,
  attempts: 5,
  pause: 500,
  maxPause: 15_000,
};

export type WireOptions = {
  url: string;
  apiKey: string;
  /** The login that the key is from, for messages. */
  profile?: string | undefined;
  /** PEM of a certificate authority for MAAS's own TLS certificate, in addition to the system's and NODE_EXTRA_CA_CERTS. */
  ca?: string | undefined;
  /** Connections at a time: so many for reading, and as many again for releases, which hold theirs for minutes. Default 16. */
  concurrency?: number | undefined;
  limits?: Partial<MaasLimits> | undefined;
  /** Ends all waiting at once; what is under way then throws `interrupted`. */
  signal?: AbortSignal | undefined;
  /** epoch in ms */
  now?: (() => number) | undefined;
  sleep?: Sleep | undefined;
  random?: (() => number) | undefined;
};

/** What all requests of one client share. */
export type Wire = {
  url: string;
  profile: string | undefined;
  key: MaasKey;
  limits: MaasLimits;
  signal: AbortSignal;
  now: () => number;
  sleep: Sleep;
  random: () => number;
  /** Errors of connections that were never made. */
  notConnected: WeakSet<Error>;
  reads: Connections;
  /** Apart: releases hold theirs for minutes. */
  releases: Connections;
};

/** Who has a turn finds a connection free, and so need not be signed before. */
type Connections = { pool: Pool; turns: Turns };

export const openWire = (options: WireOptions): Wire => {
  const url = normalizeMaasUrl(options.url);
  const limits = { ...defaultLimits, ...options.limits };
  const concurrency = options.concurrency ?? 16;
  const notConnected = new WeakSet<Error>();
  const connector = buildConnector({
    timeout: limits.connect,
    allowH2: false,
    ...(options.ca === undefined ? {} : { ca: [...getCACertificates("default"), options.ca] }),
  });
  const connections = (): Connections => ({
    turns: turns(concurrency),
    pool: new Pool(new URL(url).origin, {
      connections: concurrency,
      // Each attempt has one limit for everything, in `exchange`: undici's own begin anew with each piece of a body.
      headersTimeout: 0,
      bodyTimeout: 0,
      // undici destroys the returned socket when the request that waits for it is aborted.
      connect: (target, callback) =>
        connector(target, (...[error, socket]) => {
          if (error === null) return callback(null, socket);
          notConnected.add(error);
          callback(error, null);
        }),
    }),
  });
  return {
    url,
    profile: options.profile,
    key: parseMaasKey(options.apiKey),
    limits,
    signal: options.signal ?? new AbortController().signal,
    now: options.now ?? Date.now,
    sleep: options.sleep ?? ((ms, signal) => delay(ms, undefined, signal ? { signal } : {})),
    random: options.random ?? Math.random,
    notConnected,
    reads: connections(),
    releases: connections(),
  };
};

export const questionOf = ({ url, profile }: Wire, asked: Asked, attempts = 1): Question => ({
  url,
  asked,
  attempts,
  ...(profile === undefined ? {} : { profile }),
});

const seconds = (ms: number): string => `${ms / 1000} s`;

/** Why somebody aborted a signal, if the reason is in words. */
const reasonOf = ({ reason }: AbortSignal): string => {
  if (reason instanceof DOMException) return "";
  const words = reason instanceof Error ? reason.message : typeof reason === "string" ? reason : "";
  return words.split("\n")[0] ?? "";
};

const certificateCodes = /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_|EPROTO)/;

const failureOf = ({ limits, notConnected }: Wire, cause: unknown): Failure => {
  if (!(cause instanceof Error)) return { failure: "lost", reason: String(cause) };
  const code = "code" in cause ? String(cause.code) : "";
  // A host with several addresses fails with an AggregateError whose own message is empty.
  const each = cause instanceof AggregateError ? cause.errors.map(String) : [cause.message || code];
  const reason = [...new Set(each)].join("; ");
  if (!notConnected.has(cause)) return { failure: "lost", reason, cause };
  if (certificateCodes.test(code)) return { failure: "certificate", reason, cause };
  const isSlow = code === "UND_ERR_CONNECT_TIMEOUT";
  return {
    failure: "not-connected",
    reason: isSlow ? `no connection within ${seconds(limits.connect)}` : reason,
    cause,
  };
};

/** A POST if it has a form, else a GET. */
type Ask = { path: string; form?: string; limit: number; signal: AbortSignal };

/** One attempt, as soon as it has its turn. Never throws: what went wrong is a {@link Failure}. */
export const exchange = async (wire: Wire, { path, form, limit, signal }: Ask): Promise<Outcome> => {
  const { pool, turns } = form === undefined ? wire.reads : wire.releases;
  const endTurn = await turns.take(signal);
  if (!endTurn) return { failure: "aborted", reason: reasonOf(signal) };
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limit);
  try {
    const { statusCode, headers, body } = await pool.request({
      method: form === undefined ? "GET" : "POST",
      path: `${new URL(wire.url).pathname}/api/2.0/${path}`,
      headers: {
        accept: "application/json",
        // Signed when it has its turn: MAAS takes no time that is older than 5 minutes.
        authorization: authorization(wire.key, wire.now()),
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      body: form ?? null,
      // A POST on a connection that MAAS is just closing would be lost, and nobody could tell whether it arrived.
      reset: form !== undefined,
      signal: AbortSignal.any([signal, late.signal]),
    });
    const text = await body.text();
    const { secret, token } = wire.key;
    const isError = statusCode >= 300;
    return {
      status: statusCode,
      headers,
      body: isError ? text.replaceAll(secret, "…").replaceAll(token, "…") : text,
    };
  } catch (error) {
    if (signal.aborted) return { failure: "aborted", reason: reasonOf(signal) };
    if (late.signal.aborted) return { failure: "limit", reason: `no answer within ${seconds(limit)}` };
    return failureOf(wire, error);
  } finally {
    clearTimeout(timer);
    endTurn();
  }
};

/** Waits after so many attempts: doubling, half of it random, and at least what MAAS asked for. Ends early when it is aborted. */
export const pauseAfter = async (
  { limits, sleep, random }: Wire,
  attempts: number,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> => {
  const full = Math.min(limits.maxPause, limits.pause * 2 ** (attempts - 1));
  const jittered = full / 2 + (full / 2) * random();
  const wanted = "failure" in outcome ? 0 : Math.min(retryAfter(outcome) ?? 0, limits.maxPause);
  await sleep(Math.max(jittered, wanted), signal).catch(() => {});
};

/**
 * A GET, repeated with pauses while it may pass: no connection, a broken one, no answer in time, 409 with Retry-After, 429, 5xx.
 * @param takes the statuses that the caller understands
 * @throws MaasError after `limits.call` at the latest
 */
export const read = async (
  wire: Wire,
  asked: Asked,
  path: string,
  takes: readonly number[] = [200],
): Promise<Answer> => {
  const { limits } = wire;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limits.call);
  const signal = AbortSignal.any([wire.signal, late.signal]);
  let before: Outcome = { failure: "limit", reason: `no answer within ${seconds(limits.call)}` };
  try {
    for (let attempts = 1; ; attempts += 1) {
      const outcome = await exchange(wire, { path, limit: limits.read, signal });
      if ("status" in outcome && takes.includes(outcome.status)) return outcome;
      // An attempt that was cut short says nothing new.
      if (late.signal.aborted && !wire.signal.aborted)
        throw maasError(questionOf(wire, asked, Math.max(attempts - 1, 1)), before);
      // What did not come within a whole limit twice is not a passing thing.
      const isSlow = "failure" in outcome && outcome.failure === "limit" && attempts > 1;
      if (!mayPass(outcome) || isSlow || attempts >= limits.attempts)
        throw maasError(questionOf(wire, asked, attempts), outcome);
      before = outcome;
      await pauseAfter(wire, attempts, outcome, signal);
    }
  } finally {
    clearTimeout(timer);
  }
};
