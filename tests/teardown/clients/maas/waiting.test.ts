import { expect } from "chai";
import { maasErrorKind } from "../../../../teardown/clients/maas.ts";
import { errorOf, letGo, machineJson, withMaas } from "../support/maas.ts";
import { answer, json } from "../support/maas-server.ts";

describe("MAAS client: waiting and taking turns", () => {
  it("ends all waiting at once when the signal is aborted, and says why", async () => {
    const stop = new AbortController();
    await withMaas(
      () => setImmediate(() => stop.abort("the deadline has passed")),
      async ({ maas }) => {
        const errors = await Promise.all([errorOf(maas.whoami()), errorOf(maas.machine("gem6xs"))]);
        for (const error of errors) {
          expect(maasErrorKind(error)).to.equal("interrupted");
          expect(error).to.have.property("code", "interrupted");
          expect(error.message).to.contain("the deadline has passed");
        }
        expect(maasErrorKind(await errorOf(maas.version()))).to.equal("interrupted");
      },
      { signal: stop.signal },
    );
  });

  it("ends a pause between attempts when the signal is aborted", async () => {
    const stop = new AbortController();
    await withMaas(
      (_, response) => {
        answer(response, 503, "");
        setImmediate(() => stop.abort());
      },
      async ({ maas }) => expect(maasErrorKind(await errorOf(maas.whoami()))).to.equal("interrupted"),
      // the real pause, which would take an hour
      { signal: stop.signal, sleep: undefined, limits: { pause: 3_600_000, maxPause: 3_600_000 } },
    );
  });

  it("never has more than `concurrency` requests under way, and reuses their connections", async () => {
    const held: (() => void)[] = [];
    let most = 0;
    const sockets = new Set<unknown>();
    await withMaas(
      (_, response) => {
        sockets.add(response.socket);
        held.push(() => json(response, machineJson()));
        most = Math.max(most, held.length);
        if (held.length === 2) setTimeout(() => letGo(held), 20);
      },
      async ({ maas }) => {
        await Promise.all(Array.from({ length: 8 }, () => maas.machine("gem6xs")));
        expect(most).to.equal(2);
        expect(sockets.size).to.equal(2);
      },
      { concurrency: 2 },
    );
  });

  it("has 16 reads and 16 releases under way at once", async () => {
    const held: (() => void)[] = [];
    const underWay = { GET: 0, POST: 0 };
    await withMaas(
      ({ method }, response) => {
        const way = method === "GET" ? "GET" : "POST";
        underWay[way] += 1;
        held.push(() => {
          underWay[way] -= 1;
          json(response, machineJson());
        });
      },
      async ({ maas }) => {
        const how = { comment: "", erase: "none" } as const;
        const calls = Array.from({ length: 40 }, (_, at) => [
          maas.release(`m${at}`, how),
          maas.lookAt(`m${at}`),
        ]);
        const done = Promise.all(calls.flat());
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(underWay).to.deep.equal({ GET: 16, POST: 16 });
        const timer = setInterval(() => {
          expect(Math.max(underWay.GET, underWay.POST)).to.be.at.most(16);
          letGo(held);
        }, 5);
        expect(await done).to.have.length(80);
        clearInterval(timer);
      },
    );
  });

  it("signs a request when its turn has come: MAAS takes no time that is older than 5 minutes", async () => {
    let now = Date.parse("2026-11-22T12:00:00Z");
    await withMaas(
      (_, response) => {
        now += 4 * 60_000;
        json(response, machineJson());
      },
      async ({ maas, server }) => {
        await Promise.all(Array.from({ length: 3 }, () => maas.machine("gem6xs")));
        const signedAt = server.seen.map(({ headers }) =>
          Number(/oauth_timestamp="(\d+)"/.exec(headers.authorization ?? "")?.[1]),
        );
        const [first = 0] = signedAt;
        expect(signedAt.map((at) => at - first)).to.deep.equal([0, 240, 480]);
      },
      { concurrency: 1, now: () => now },
    );
  });

  it("does not count the time in which a request waits for its turn", async () => {
    await withMaas(
      (_, response) => void setTimeout(() => json(response, machineJson()), 50),
      async ({ maas, server }) => {
        await Promise.all(Array.from({ length: 12 }, () => maas.machine("gem6xs")));
        expect(server.seen).to.have.length(12);
      },
      { concurrency: 1, limits: { read: 500 } },
    );
  });
});
