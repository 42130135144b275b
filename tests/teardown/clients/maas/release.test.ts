import { type AddressInfo, createServer } from "node:net";
import { expect } from "chai";
import {
  failureAnswered,
  failureShown,
  type MaasEvent,
  maasClient,
  maasErrorKind,
  type ReleaseAnswer,
} from "../../../../teardown/clients/maas.ts";
import { machine } from "../../support/fakes.ts";
import { apiKey, errorOf, letGo, machineJson, secret, withMaas } from "../support/maas.ts";
import { answer, deadPort, html, json, type MaasServer, maasServer, replay } from "../support/maas-server.ts";
import { recordedFile, recordedMaas } from "../support/recordings.ts";

const plainly = { comment: "Caracal rebuild teardown", erase: "none" } as const;

describe("MAAS client: release", () => {
  it("posts a form with the comment and nothing about erasing", async () => {
    await withMaas(
      (_, response) => json(response, machineJson({ status: 12 })),
      async ({ maas, server }) => {
        const released = await maas.release("gem6xs", plainly);
        expect(released).to.have.property("kind", "accepted");
        expect(released).to.have.nested.property("machine.statusName", "Releasing");
        expect(server.seen).to.have.length(1);
        expect(server.seen[0]).to.include({
          method: "POST",
          path: "/MAAS/api/2.0/machines/gem6xs/?op=release",
          body: "comment=Caracal+rebuild+teardown",
        });
        expect(server.seen[0]?.headers["content-type"]).to.equal("application/x-www-form-urlencoded");
      },
    );
  });

  const erasing = [
    ["disk", { erase: "true" }],
    ["quick", { erase: "true", quick_erase: "true" }],
    ["secure", { erase: "true", secure_erase: "true" }],
  ] as const;
  for (const [erase, parameters] of erasing) {
    it(`asks for the ${erase} erase in the words that MAAS 3.2 to 3.7 take alike`, async () => {
      await withMaas(
        (_, response) => json(response, machineJson({ status: 14 })),
        async ({ maas, server }) => {
          await maas.release("gem6xs", { comment: "x", erase });
          const sent = Object.fromEntries(new URLSearchParams(server.seen[0]?.body));
          expect(sent).to.deep.equal({ comment: "x", ...parameters });
        },
      );
    });
  }

  it("tells the recorded answers apart", async () => {
    const cases: readonly (readonly [string, ReleaseAnswer["kind"], string | RegExp, string?])[] = [
      ["b01", "accepted", "Ready"], // power off already: released within the request
      ["b03", "accepted", "Ready"], // Ready already
      ["b05", "accepted", "Releasing"],
      ["b53", "accepted", "Releasing"], // Releasing already
      ["b13", "power-failed", "NodeConfig matching query does not exist"],
      ["b15", "refused", "kvm-on-machine", "vm-host"],
      ["b21", "refused", /locked.*another user/, "permission"],
      ["b25", "refused", /locked.*another user/, "permission"],
      ["b37", "refused", "'Commissioning'", "state"],
      ["b57", "refused", "'Disk erasing'", "state"],
      ["b75", "refused", "No Machine matches", "absent"],
      ["b76", "refused", "Ephemeral operating system", "image"],
      ["b78", "refused", "nosuchscript", "other"],
    ];
    for (const [recording, kind, words, why] of cases) {
      const recorded = recordedMaas(recording);
      await withMaas(
        (_, response) => replay(response, recorded),
        async ({ maas, server }) => {
          const released = await maas.release("gem6xs", plainly);
          expect(released.kind, recording).to.equal(kind);
          const said = released.kind === "accepted" ? released.machine.statusName : released.reason;
          expect(said, recording).to.match(typeof words === "string" ? new RegExp(words) : words);
          if (released.kind === "refused") {
            expect(released.status, recording).to.equal(recorded.status);
            expect(released.why, recording).to.equal(why);
          }
          expect(server.seen, recording).to.have.length(1);
        },
      );
    }
  });

  for (const status of [500, 503, 504]) {
    it(`takes MAAS's own ${status} for a failed power-off, and does not ask again by itself`, async () => {
      const words = "No rack controllers can access the BMC of node openstack0";
      await withMaas(
        (_, response) => answer(response, status, words),
        async ({ maas, server }) => {
          expect(await maas.release("gem6xs", plainly)).to.deep.equal({
            kind: "power-failed",
            status,
            reason: words,
          });
          expect(server.seen).to.have.length(1);
        },
      );
    });
  }

  for (const status of [502, 503, 504]) {
    it(`does not know what a proxy's ${status} means for the machine`, async () => {
      await withMaas(
        (_, response) => answer(response, status, "<html><h1>Gateway Time-out</h1></html>", html),
        async ({ maas, server }) => {
          expect(await maas.release("gem6xs", plainly)).to.have.property("kind", "unknown");
          expect(server.seen).to.have.length(1);
        },
      );
    });
  }

  it("does not know either after a reset, a broken answer, or an answer that is no machine", async () => {
    const faults = [
      (response: Parameters<typeof answer>[0]) => void response.socket?.resetAndDestroy(),
      (response: Parameters<typeof answer>[0]) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("{");
        setImmediate(() => response.socket?.destroy());
      },
      (response: Parameters<typeof answer>[0]) => answer(response, 200, '{"system_id":'),
      (response: Parameters<typeof answer>[0]) => answer(response, 200, "<html>", html),
    ];
    for (const fault of faults) {
      await withMaas(
        (_, response) => fault(response),
        async ({ maas, server }) => {
          expect(await maas.release("gem6xs", plainly)).to.have.property("kind", "unknown");
          expect(server.seen).to.have.length(1);
        },
      );
    }
  });

  it("does not know when the connection ends while MAAS powers the machine off", async () => {
    await withMaas(
      (_, response) => void setTimeout(() => response.socket?.end(), 50),
      async ({ maas, server }) => {
        expect(await maas.release("gem6xs", plainly)).to.include({ kind: "unknown", why: "no-answer" });
        expect(server.seen).to.have.length(1);
      },
    );
  });

  it("does not know after its time limit, since MAAS goes on", async () => {
    await withMaas(
      () => {},
      async ({ maas, server }) => {
        const released = await maas.release("gem6xs", plainly);
        expect(released).to.deep.equal({
          kind: "unknown",
          why: "no-answer",
          reason: "no answer within 0.05 s; MAAS may be releasing",
        });
        expect(server.seen).to.have.length(1);
      },
      { limits: { release: 50 } },
    );
  });

  it("asks again after the conflict that MAAS wants repeated, with a fresh nonce", async () => {
    await withMaas(
      (_, response, count) =>
        count < 3
          ? answer(response, 409, "<!doctype html>Conflict error", { ...html, "retry-after": "5" })
          : json(response, machineJson({ status: 12 })),
      async ({ maas, server, slept }) => {
        expect(await maas.release("gem6xs", plainly)).to.have.property("kind", "accepted");
        expect(slept).to.deep.equal([5000, 5000]);
        expect(new Set(server.seen.map(({ headers }) => headers.authorization)).size).to.equal(3);
      },
    );
  });

  it("leaves it open when that conflict does not end", async () => {
    await withMaas(
      (_, response) => answer(response, 409, "busy", { "retry-after": "5" }),
      async ({ maas, server }) => {
        const released = await maas.release("gem6xs", plainly);
        expect(released).to.have.property("kind", "unknown");
        expect(released).to.have.property("reason").that.contains("too busy");
        expect(server.seen).to.have.length(5);
      },
    );
  });

  it("asks again when nothing listened, since nothing was sent", async () => {
    const port = await deadPort();
    const late: MaasServer[] = [];
    const maas = maasClient({
      url: `http://127.0.0.1:${port}`,
      apiKey,
      sleep: async () => {
        late.push(await maasServer((_, response) => json(response, machineJson({ status: 12 })), port));
      },
    });
    expect(await maas.release("gem6xs", plainly)).to.have.property("kind", "accepted");
    expect(late[0]?.seen).to.have.length(1);
    maas.close();
    await late[0]?.close();
  });

  it("fails when nothing ever listens", async () => {
    const maas = maasClient({ url: `http://127.0.0.1:${await deadPort()}`, apiKey, sleep: async () => {} });
    const error = await errorOf(maas.release("gem6xs", plainly));
    expect(maasErrorKind(error)).to.equal("unreachable");
    expect(error.message).to.contain("the release of machine gem6xs");
    maas.close();
  });

  it("waits for an answer longer than for a connection", async () => {
    await withMaas(
      (_, response) => void setTimeout(() => json(response, machineJson({ status: 12 })), 200),
      async ({ maas, server }) => {
        expect(await maas.release("gem6xs", plainly)).to.have.property("kind", "accepted");
        expect(server.seen).to.have.length(1);
      },
      { limits: { connect: 100 } },
    );
  });

  it("fails when a connection is never made, having sent nothing", async () => {
    // It takes the connection, and never says a word of TLS.
    const received: Buffer[] = [];
    const server = createServer((socket) => void socket.on("data", (data) => received.push(data)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const maas = maasClient({
      url: `https://127.0.0.1:${port}`,
      apiKey,
      sleep: async () => {},
      limits: { connect: 50, attempts: 2 },
    });
    const error = await errorOf(maas.release("gem6xs", plainly));
    expect(maasErrorKind(error)).to.equal("unreachable");
    expect(error.message).to.contain("no connection within 0.05 s").and.contain("2 attempts");
    expect(Buffer.concat(received).toString("latin1")).not.to.contain("release");
    maas.close();
    server.close();
  });

  it("takes no page of a proxy for a refusal", async () => {
    await withMaas(
      (_, response) => answer(response, 403, "<html>Access denied", html),
      async ({ maas }) =>
        expect(maasErrorKind(await errorOf(maas.release("gem6xs", plainly)))).to.equal("bad-answer"),
    );
  });

  it("fails on a 401 without its body, and on a URL that is not MAAS's", async () => {
    await withMaas(
      (_, response, count) =>
        count === 1
          ? answer(response, 401, `Expected signature base string: &${secret}`)
          : answer(response, 404, "Unknown API endpoint: /MAAS/api/2.0/x."),
      async ({ maas }) => {
        const error = await errorOf(maas.release("gem6xs", plainly));
        expect(maasErrorKind(error)).to.equal("unauthorized");
        expect(error.message).not.to.contain(secret);
        expect(maasErrorKind(await errorOf(maas.release("gem6xs", plainly)))).to.equal("bad-request");
      },
    );
  });

  it("ends waiting at its own signal with an open answer, and at the client's with an error", async () => {
    const own = new AbortController();
    const whole = new AbortController();
    await withMaas(
      (_, _response, count) => setImmediate(() => (count === 1 ? own : whole).abort()),
      async ({ maas }) => {
        expect(await maas.release("gem6xs", { ...plainly, signal: own.signal })).to.have.property(
          "kind",
          "unknown",
        );
        expect(maasErrorKind(await errorOf(maas.release("gem6xs", plainly)))).to.equal("interrupted");
      },
      { signal: whole.signal },
    );
  });

  it("keeps reading while releases hold all of their connections", async () => {
    const held: (() => void)[] = [];
    await withMaas(
      ({ method }, response) => {
        const go = (): void => json(response, machineJson({ status: 12 }));
        if (method === "GET") go();
        else held.push(go);
      },
      async ({ maas }) => {
        const releases = Promise.all(["gem6xs", "fwgpc6", "naqydk"].map((id) => maas.release(id, plainly)));
        while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
        expect(await maas.machine("gem6xs")).to.have.property("systemId", "gem6xs");
        const timer = setInterval(() => letGo(held), 5);
        expect((await releases).map(({ kind }) => kind)).to.deep.equal(["accepted", "accepted", "accepted"]);
        clearInterval(timer);
      },
      { concurrency: 1 },
    );
  });
});

describe("MAAS client: why a release failed", () => {
  const event = (type: string, description = "", level = "DEBUG"): MaasEvent => ({
    level,
    type,
    description,
    created: "",
    systemId: "aaa000",
  });

  it("is a code by MAAS's own texts, in its events before those on the machine", () => {
    const cases: [string, ReturnType<typeof failureShown>["code"]][] = [
      ["Failed to power off node", "power"],
      ["Failed to query node's BMC", "power"],
      ["Failed to erase disks", "erase"],
      ["Failed commissioning", "other"],
    ];
    for (const [type, code] of cases)
      expect(
        failureShown(machine(), [event("Releasing"), event(type, "said"), event("Released")]),
      ).to.deep.equal({
        code,
        reason: `${type}: said`,
      });
    const { response } = JSON.parse(recordedFile("maas-power", "d-07-events-after-timeout.json"));
    expect(failureShown(machine(), response.body_json.events)).to.deep.equal({
      code: "power",
      reason: "Marking node failed: Node operation 'Releasing' timed out after 5 minutes.",
    });
    const timedOut = "Node operation 'Releasing' timed out after 5 minutes.";
    expect(failureShown(machine(), [event("Marking node failed", timedOut, "ERROR")]).code).to.equal("power");
    expect(failureShown(machine({ errorDescription: timedOut }), [])).to.deep.equal({
      code: "power",
      reason: timedOut,
    });
    expect(failureShown(machine({ statusMessage: "Releasing" }), []).reason).to.equal("Releasing");
    expect(failureShown(machine(), [])).to.deep.equal({ code: "other", reason: "MAAS gives no reason" });
  });

  it("is known from what MAAS answered, but for a release that it began", () => {
    const answers: [ReleaseAnswer, string | undefined][] = [
      [{ kind: "accepted", machine: machine() }, undefined],
      [{ kind: "power-failed", status: 500, reason: "BMC" }, "power"],
      [{ kind: "refused", why: "image", status: 400, reason: "" }, "image"],
      [{ kind: "refused", why: "absent", status: 404, reason: "" }, "other"],
      [{ kind: "unknown", why: "busy", reason: "" }, "other"],
    ];
    for (const [given, code] of answers) expect(failureAnswered(given)?.code).to.equal(code);
  });
});
