import { randomUUID } from "node:crypto";
import { TeardownError } from "../../errors.ts";

/** The three parts of a MAAS API key (`consumer:token:secret`). */
export type MaasKey = { consumer: string; token: string; secret: string };

/**
 * Takes a MAAS API key apart.
 * @throws TeardownError `config` when it has not exactly three non-empty parts; the message never repeats the key.
 */
export const parseMaasKey = (apiKey: string): MaasKey => {
  const parts = apiKey.trim().split(":");
  const [consumer, token, secret] = parts;
  const usable = parts.length === 3 && parts.every((part) => /^[\x21-\x7e]+$/.test(part));
  if (!usable || !consumer || !token || !secret) {
    throw new TeardownError(
      "config",
      `The MAAS API key cannot be used: expected three parts joined by colons (consumer:token:secret), got ${parts.length}.\n` +
        "Copy the key from MAAS (user preferences, API keys), or run: sudo maas apikey --username=NAME",
    );
  }
  return { consumer, token, secret };
};

/**
 * The `Authorization` header of one attempt: OAuth 1.0 PLAINTEXT with an empty consumer secret.
 * Every attempt needs a fresh nonce: MAAS answers a repeated one with 401, and a timestamp older than 300 s too.
 * @param now epoch in ms
 */
export const authorization = (key: MaasKey, now: number, nonce: string = randomUUID()): string => {
  const quoted = (value: string): string => `"${encodeURIComponent(value)}"`;
  return [
    `OAuth oauth_version="1.0"`,
    `oauth_signature_method="PLAINTEXT"`,
    `oauth_consumer_key=${quoted(key.consumer)}`,
    `oauth_token=${quoted(key.token)}`,
    `oauth_signature=${quoted(`&${key.secret}`)}`,
    `oauth_nonce=${quoted(nonce)}`,
    `oauth_timestamp="${Math.floor(now / 1000)}"`,
  ].join(", ");
};
