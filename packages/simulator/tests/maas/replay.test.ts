import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Lab, startLab } from "../../lab.ts";
import type { ScenarioInput } from "../../scenario.ts";
import { expectJson, lowestEventId } from "./compare.ts";
import { recordedRegion, withPower } from "./recorded-region.ts";
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

/** One run of the recorder against a region in its first state; the power's mode is named in each file. */
type Run = {
  readonly title: string;
  readonly exchanges: readonly Exchange[];
  readonly scenario: ScenarioInput;
  /** How many requests were sent at a time. */
  readonly atOnce: number;
};

/** Lab time that passed before an exchange: the recorder moved the clock, or made an erasure fail. */
const waits: Readonly<Record<string, number>> = {
  "d-03-after-timeout-failed-releasing.json": 6 * 60_000,
  "e-06-failed-disk-erasing.json": 21 * 60_000,
};

const recordedRuns = (): Run[] => {
  const first = readExchanges();
  const later = readExchanges("maas-power");
  const region = recordedRegion([...first, ...later], readTranscript());
  const powerRuns = Map.groupBy(later, ({ server }) => server);
  return [
    { title: "power off after 1 s", exchanges: first, scenario: region, atOnce: 1 },
    ...[...powerRuns].map(([server, exchanges]) => ({
      title: server.replace(/^.*no nginx; /, "").replace(/ \(.*$/, ""),
      exchanges,
      scenario: withPower(region, server),
      atOnce: Number(/(\d+) concurrent/.exec(server)?.[1] ?? 1),
    })),
  ];
};

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

const titleOf = ({ file, request: { method, path } }: Exchange): string =>
  `${file}: ${method} ${path.replace("/MAAS/api/2.0", "")}`;

describe("The simulated MAAS answers as the recorded one did", () => {
  const runs = recordedRuns();
  let replayed = 0;

  after(() => {
    process.stdout.write(`    replayed ${replayed}, left out ${Object.keys(leftOut).length}\n`);
    for (const [file, reason] of Object.entries(leftOut)) process.stdout.write(`      ${file}: ${reason}\n`);
  });

  it("has recordings to replay, and leaves out at most 5", () => {
    expect(runs.length).to.be.greaterThan(6);
    expect(runs.flatMap(({ exchanges }) => exchanges).length).to.be.greaterThan(170);
    expect(Object.keys(leftOut).length).to.be.at.most(5);
  });

  for (const { title, exchanges, scenario, atOnce } of runs) {
    describe(title, () => {
      const firstIds: [number, number] = [0, 0];
      let lab: Lab;
      let dir: string;

      before(async () => {
        dir = mkdtempSync(join(tmpdir(), "lab-"));
        // What is sent at the same time must arrive before the power of the first machine is off.
        lab = await startLab({ dir, speed: atOnce > 1 ? 1 : 1000, scenario });
      });
      after(async () => {
        await lab.stop();
        rmSync(dir, { recursive: true });
      });

      const ask = (exchange: Exchange): Promise<Answer> => {
        const authorization = freshAuthorization(exchange);
        const { method, path, body, headers } = exchange.request;
        const signed = { ...headers, ...(authorization ? { Authorization: authorization } : {}) };
        return send(`${lab.url}${path}`, method, signed, body);
      };

      const compare = (exchange: Exchange, answer: Answer): void => {
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
      };

      const played = exchanges.filter(({ file }) => !leftOut[file]);
      for (const chunk of chunksOf(played, atOnce))
        it(chunk.map(titleOf).join(", "), async () => {
          await lab.clock.sleep(waits[chunk[0]?.file ?? ""] ?? 0);
          const answers = await Promise.all(chunk.map(ask));
          for (const [index, answer] of answers.entries()) {
            const exchange = chunk[index];
            if (exchange) compare(exchange, answer);
          }
        });
    });
  }
});
