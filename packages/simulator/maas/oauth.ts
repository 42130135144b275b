import { createHmac } from "node:crypto";
import { answers } from "./answers.ts";
import type { Region, User } from "./region.ts";
import type { Reply } from "./reply.ts";
import type { HttpRequest } from "./request.ts";

/** Seconds by which a timestamp may lie in the past. One in the future is accepted. */
const threshold = 300;

/** Without any of these the request counts as anonymous. Source: recorded from MAAS 3.6.5. */
const required = [
  "oauth_consumer_key",
  "oauth_token",
  "oauth_signature",
  "oauth_signature_method",
  "oauth_timestamp",
  "oauth_nonce",
] as const;

/** The parameters of an `Authorization: OAuth ...` header; empty for anything else. */
export const oauthParameters = (header: string | undefined): Map<string, string> => {
  const parameters = new Map<string, string>();
  const match = /^OAuth\s+(.*)$/is.exec(header ?? "");
  for (const pair of match?.[1]?.split(",") ?? []) {
    const [, name, value] = /^\s*([^=]+)="?(.*?)"?\s*$/.exec(pair) ?? [];
    if (name !== undefined && value !== undefined && name !== "realm")
      parameters.set(name, decodeURIComponent(value));
  }
  return parameters;
};

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** The HMAC-SHA1 signature (RFC 5849, 3.4), which MAAS takes too. */
const hmacSignature = (request: HttpRequest, oauth: Map<string, string>, key: string): string => {
  const url = new URL(request.url, `http://${request.headers.host ?? ""}`);
  const form = /^application\/x-www-form-urlencoded/i.test(request.headers["content-type"] ?? "");
  const pairs = [
    ...[...oauth].filter(([name]) => name !== "oauth_signature"),
    ...url.searchParams,
    ...(form ? new URLSearchParams(request.body.toString("utf8")) : []),
  ].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const base = [request.method, `${url.origin}${url.pathname}`, pairs.sort().join("&")].map(encode).join("&");
  return createHmac("sha1", key).update(base).digest("base64");
};

/** Who is calling: a user, nobody, or somebody whom MAAS turns away with the given answer. */
export type Caller = { user: User } | { anonymous: true } | { rejected: Reply };

const rejected = (reason: string): Caller => ({ rejected: answers.badAuthorization(reason) });

/**
 * Checks requests as MAAS does, in its order: consumer, token, timestamp, nonce (used up even when what follows
 * fails), signature method, signature. `nowSeconds` is real time: clients sign with their own clock.
 */
export const createAuthenticator = (
  region: Region,
  nowSeconds: () => number,
): ((request: HttpRequest) => Caller) => {
  const nonces = new Set<string>();
  return (request) => {
    const oauth = oauthParameters(request.headers.authorization);
    if (!required.every((name) => oauth.has(name))) return { anonymous: true };
    const value = (name: (typeof required)[number]): string => oauth.get(name) ?? "";
    const byConsumer = region.users.filter(({ consumer }) => consumer === value("oauth_consumer_key"));
    if (byConsumer.length === 0) return rejected("Invalid API key.");
    const user = byConsumer.find(({ token }) => token === value("oauth_token"));
    if (!user) return rejected(`'Invalid access token: ${value("oauth_token")}'`);
    const timestamp = value("oauth_timestamp");
    if (!/^-?\d+$/.test(timestamp.trim()))
      return {
        rejected: region.flavour.badTimestampIs400
          ? answers.badTimestampMaster()
          : answers.badTimestamp(timestamp),
      };
    const now = Math.floor(nowSeconds());
    if (now - Number(timestamp) > threshold)
      return rejected(
        `'Expired timestamp: given ${timestamp} and now ${now} has a greater difference than threshold ${threshold}'`,
      );
    const nonce = `${user.token} ${value("oauth_nonce")}`;
    if (nonces.has(nonce)) return rejected(`'Nonce already used: ${value("oauth_nonce")}'`);
    nonces.add(nonce);
    const method = value("oauth_signature_method").toUpperCase();
    const key = `&${user.secret}`;
    if (method !== "PLAINTEXT" && method !== "HMAC-SHA1")
      return rejected(
        `'Signature method ${value("oauth_signature_method")} not supported try one of the following: PLAINTEXT, HMAC-SHA1'`,
      );
    const expected = method === "PLAINTEXT" ? key : hmacSignature(request, oauth, key);
    // The real MAAS shows the secret here too: a client must never print this answer.
    if (value("oauth_signature") !== expected)
      return rejected(`'Invalid signature. Expected signature base string: ${key}'`);
    return { user };
  };
};
