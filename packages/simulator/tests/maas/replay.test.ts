import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Lab, startLab } from "../../lab.ts";
import { expectJson, lowestEventId } from "./compare.ts";
import { recordedRegion } from "./recorded-region.ts";
import { type Exchange, readExchanges, readTranscript } from "./recordings.ts";

/** Recordings that are not replayed, and why. */
const leftOut: Readonly<Record<string, string>> = {
  "a55-query-power-state.json":
    "a 500 that the recording's own set-up made (no event loop for power queries)",
};

type Answer = {
  status: number;
  reason: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
};

const send = (
  url: string,
  method: string,
  headers: Record<string, string>,
  body: string | null,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? "",
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body ?? undefined);
  });

/** A fresh nonce for each recorded one, so that what was sent twice is sent twice again. */
const freshNonce = (recorded: string): string => `${recorded}-${process.pid}-again`;

/** The recorded header with a fresh nonce, and a timestamp as far from now as it was then. */
const freshAuthorization = ({ request: { headers }, headers: answered }: Exchange): string | undefined => {
  const recordedAt = Date.parse(answered.get("date") ?? "") / 1000;
  return headers.Authorization?.replace(
    /oauth_nonce="([^"]*)"/,
    (_, nonce) => `oauth_nonce="${freshNonce(nonce)}"`,
  ).replace(
    /oauth_timestamp="(\d+)"/,
    (_, timestamp) => `oauth_timestamp="${Math.floor(Date.now() / 1000) + Number(timestamp) - recordedAt}"`,
  );
};

/** Nonces and times in texts, which are fresh here. */
const timeless = (text: string): string =>
  text.replaceAll(new RegExp(`-${process.pid}-again`, "g"), "").replaceAll(/\b\d{10}\b/g, "TIME");

/** Headers that must be equal; the hash of the API's description only has to be there. */
const comparedHeaders = [
  "content-type",
  "vary",
  "www-authenticate",
  "allow",
  "retry-after",
  "x-frame-options",
];

describe("The simulated MAAS answers as the recorded one did", () => {
  const exchanges = readExchanges();
  const firstIds: [number, number] = [0, 0];
  let lab: Lab;
  let dir: string;
  let replayed = 0;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
    lab = await startLab({ dir, speed: 1000, scenario: recordedRegion(exchanges, readTranscript()) });
  });
  after(async () => {
    await lab.stop();
    rmSync(dir, { recursive: true });
    process.stdout.write(`    replayed ${replayed}, left out ${Object.keys(leftOut).length}\n`);
  });

  it("has recordings to replay, and leaves out at most 5", () => {
    expect(exchanges.length).to.be.greaterThan(100);
    expect(Object.keys(leftOut).length).to.be.at.most(5);
  });

  for (const exchange of exchanges) {
    if (leftOut[exchange.file]) continue;
    it(`${exchange.file}: ${exchange.request.method} ${exchange.request.path.replace("/MAAS/api/2.0", "")}`, async () => {
      const authorization = freshAuthorization(exchange);
      const headers = {
        ...exchange.request.headers,
        ...(authorization ? { Authorization: authorization } : {}),
      };
      const { method, path, body } = exchange.request;
      const answer = await send(`${lab.url}${path}`, method, headers, body);
      expect([answer.status, answer.reason]).to.deep.equal([exchange.status, exchange.reason]);
      for (const header of comparedHeaders)
        expect(answer.headers[header], header).to.equal(exchange.headers.get(header));
      expect("x-maas-api-hash" in answer.headers, "has a hash").to.equal(
        exchange.headers.has("x-maas-api-hash"),
      );
      if (exchange.text !== undefined) expect(timeless(answer.body)).to.equal(timeless(exchange.text));
      else {
        const json: unknown = JSON.parse(answer.body);
        firstIds[0] ||= lowestEventId(json) ?? 0;
        firstIds[1] ||= lowestEventId(exchange.json) ?? 0;
        expectJson(json, exchange.json, firstIds);
      }
      replayed += 1;
    });
  }
});
