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

const badUrl = (given: string, why: string): TeardownError =>
  new TeardownError(
    "config",
    `The MAAS URL ${JSON.stringify(given)} cannot be used: ${why}.\nExpected something like http://maas.example:5240/MAAS`,
  );

/**
 * Brings what people write as "the MAAS URL" into one form: `http(s)://host:port/MAAS`, without a slash at the end.
 * Takes the base, the API root (`…/MAAS/api/2.0/`), an address from the web interface (`…/MAAS/r/machines`), and a bare
 * `http://host:5240`.
 * @throws TeardownError `config`; a password in the URL is refused and not repeated
 */
export const normalizeMaasUrl = (given: string): string => {
  const text = given.trim();
  if (!URL.canParse(text)) throw badUrl(given.replace(/\/\/[^/]*@/, "//…@"), "it is not a URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw badUrl(`${url.protocol}//…@${url.host}${url.pathname}`, "it holds a user name or a password");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw badUrl(given, "it is neither http nor https");
  const path = url.pathname
    .replace(/\/+$/, "")
    .replace(/\/api(\/[\d.]+)?$/, "")
    .replace(/^(.*\/MAAS)\/(r|l)(\/.*)?$/, "$1");
  return `${url.protocol}//${url.host}${path === "" ? "/MAAS" : path}`;
};
