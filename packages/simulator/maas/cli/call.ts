import { randomUUID } from "node:crypto";
import { request as httpRequest } from "node:http";

/** The header that signs a request with a key, as the `maas` CLI does (OAuth 1.0 PLAINTEXT). */
export const oauthHeader = (
  [consumer, token, secret]: readonly [string, string, string],
  now: () => number,
): string => {
  const parameters = {
    oauth_version: "1.0",
    oauth_signature_method: "PLAINTEXT",
    oauth_consumer_key: consumer,
    oauth_token: token,
    oauth_signature: encodeURIComponent(`&${secret}`),
    oauth_nonce: randomUUID(),
    oauth_timestamp: `${Math.floor(now() / 1000)}`,
  };
  return `OAuth ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}`;
};

/** A multipart/form-data body, in which the CLI sends all parameters of a POST. */
export const multipart = (fields: readonly (readonly [string, string])[]): { type: string; body: string } => {
  const boundary = randomUUID();
  const parts = fields.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: text/plain; charset="utf-8"\r\n\r\n${value}\r\n`,
  );
  return {
    type: `multipart/form-data; boundary="${boundary}"`,
    body: `${parts.join("")}--${boundary}--\r\n`,
  };
};

/** The answer of the API as the CLI needs it. */
export type CliAnswer = {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
};

const titled = (name: string): string => name.replaceAll(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());

/** Headers that belong to the connection, which the CLI's HTTP library does not show. */
const ofConnection: ReadonlySet<string> = new Set(["connection", "keep-alive"]);

/** What `--debug` prints to stderr: the status line and the headers, right-aligned. */
export const debugText = ({ status, reason, headers }: CliAnswer): string => {
  const shown = [...headers.filter(([name]) => !ofConnection.has(name)), ["status", `${status}`] as const]
    .map(([name, value]) => [titled(name), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(...shown.map(([name]) => name.length)) + 2;
  return `${status} ${reason}\n\n${shown.map(([name, value]) => `${name.padStart(width)}: ${value}\n`).join("")}\n`;
};

/** One request to the API, its body read. Rejects with the system's error when it does not get through. */
export const sendRequest = (
  url: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body?: string },
): Promise<CliAnswer> =>
  new Promise((resolve, reject) => {
    // Node sends a body of DELETE without its length unless told.
    const length = body === undefined ? {} : { "Content-Length": `${Buffer.byteLength(body)}` };
    const outgoing = httpRequest(url, { method, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? Number.NaN,
          reason: response.statusMessage ?? "",
          headers: Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const),
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
