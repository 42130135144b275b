import { inspect } from "node:util";
import { expect } from "chai";
import {
  MaasError,
  type MaasFault,
  type MaasLimits,
  maasClient,
  maasErrorKind,
} from "../../../../teardown/clients/maas.ts";
import { TeardownError } from "../../../../teardown/errors.ts";
import { apiKey, errorOf, machineJson, secret, withMaas } from "../support/maas.ts";
import {
  answer,
  deadPort,
  type Handler,
  html,
  json,
  type MaasServer,
  maasServer,
  replay,
} from "../support/maas-server.ts";
import { recordedMaas } from "../support/recordings.ts";

describe("MAAS client: faults while reading", () => {
  it("says that nothing listens, after several attempts", async () => {
    const slept: number[] = [];
    const port = await deadPort();
    const maas = maasClient({
      url: `http://127.0.0.1:${port}/MAAS`,
      apiKey,
      random: () => 1,
      sleep: async (ms) => void slept.push(ms),
    });
    const error = await errorOf(maas.whoami());
    expect(error).to.be.instanceOf(TeardownError).and.have.property("code", "maas");
    expect(maasErrorKind(error)).to.equal("unreachable");
    expect(error.message)
      .to.contain(`127.0.0.1:${port}`)
      .and.contain("ECONNREFUSED")
      .and.contain("5 attempts");
    expect(slept).to.deep.equal([500, 1000, 2000, 4000]);
    maas.close();
  });

  it("reads on when MAAS comes back in the meantime", async () => {
    const port = await deadPort();
    const late: MaasServer[] = [];
    const maas = maasClient({
      url: `http://127.0.0.1:${port}/MAAS`,
      apiKey,
      sleep: async () => {
        late.push(await maasServer((_, response) => json(response, machineJson()), port));
      },
    });
    expect(await maas.machine("gem6xs")).to.have.property("hostname", "openstack0");
    expect(late).to.have.length(1);
    maas.close();
    await late[0]?.close();
  });

  for (const status of [429, 500, 502, 503, 504]) {
    it(`repeats a read that was answered with ${status}, with a fresh nonce`, async () => {
      await withMaas(
        (_, response, count) =>
          count < 3 ? answer(response, status, "busy") : json(response, machineJson()),
        async ({ maas, server }) => {
          expect(await maas.machine("gem6xs")).to.have.property("systemId", "gem6xs");
          const nonces = server.seen.map(
            ({ headers }) => /oauth_nonce="([^"]+)"/.exec(headers.authorization ?? "")?.[1],
          );
          expect(new Set(nonces).size).to.equal(3);
        },
      );
    });
  }

  it("gives up on a MAAS that keeps failing, with MAAS's words", async () => {
    await withMaas(
      (_, response) => answer(response, 503, "No rack controllers available"),
      async ({ maas, server }) => {
        const error = await errorOf(maas.machine("gem6xs"));
        expect(maasErrorKind(error)).to.equal("server");
        expect(error.message)
          .to.contain("machine gem6xs")
          .and.contain("503")
          .and.contain("No rack controllers available");
        expect(server.seen).to.have.length(5);
      },
    );
  });

  it("repeats a 409 that is a page of HTML, after the time MAAS asks for", async () => {
    await withMaas(
      (_, response, count) =>
        count === 1
          ? answer(response, 409, "<!doctype html><p>Conflict error. Try your request again.", {
              ...html,
              "retry-after": "5",
            })
          : json(response, machineJson()),
      async ({ maas, slept }) => {
        await maas.machine("gem6xs");
        expect(slept).to.deep.equal([5000]);
      },
    );
  });

  it("waits no longer than its own longest pause, whatever MAAS asks for", async () => {
    await withMaas(
      (_, response, count) =>
        count === 1 ? answer(response, 503, "", { "retry-after": "86400" }) : json(response, machineJson()),
      async ({ maas, slept }) => {
        await maas.machine("gem6xs");
        expect(slept).to.deep.equal([15_000]);
      },
    );
  });

  it("repeats a read whose connection was reset, and whose answer broke off", async () => {
    await withMaas(
      (_, response, count) => {
        if (count === 1) return void response.socket?.resetAndDestroy();
        if (count === 2) {
          response.writeHead(200, { "content-type": "application/json", "content-length": "5000" });
          response.write('{"system_id": "ge');
          return void setImmediate(() => response.socket?.destroy());
        }
        json(response, machineJson());
      },
      async ({ maas, server }) => {
        expect(await maas.machine("gem6xs")).to.have.property("systemId", "gem6xs");
        expect(server.seen).to.have.length(3);
      },
    );
  });

  it("calls a MAAS that takes connections and never answers a timeout, after two attempts", async () => {
    await withMaas(
      () => {},
      async ({ maas, server }) => {
        const error = await errorOf(maas.whoami());
        expect(maasErrorKind(error)).to.equal("timeout");
        expect(error.message).to.contain("0.05 s");
        expect(server.seen).to.have.length(2);
      },
      { limits: { read: 50 } },
    );
  });

  it("counts the limit for the whole answer, not only until its beginning", async () => {
    await withMaas(
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.write("[");
      },
      async ({ maas }) => expect(maasErrorKind(await errorOf(maas.whoami()))).to.equal("timeout"),
      { limits: { read: 50 } },
    );
  });

  it("takes an answer that is slow to begin, but not one that never ends, however often a piece of it comes", async () => {
    const timers: NodeJS.Timeout[] = [];
    await withMaas(
      ({ path }, response) => {
        if (path.includes("version")) return void setTimeout(() => json(response, { version: "3.6.5" }), 150);
        response.writeHead(200, { "content-type": "application/json" });
        timers.push(setInterval(() => response.write(" "), 20));
      },
      async ({ maas }) => {
        expect(await maas.version()).to.have.property("version", "3.6.5");
        expect(maasErrorKind(await errorOf(maas.whoami()))).to.equal("timeout");
      },
      { limits: { read: 400 } },
    );
    for (const timer of timers) clearInterval(timer);
  });

  describe("for longer than a call may take", () => {
    /** How long it takes until so many calls at once have failed, and with what. */
    const outage = async (
      handler: Handler,
      calls: number,
      limits: Partial<MaasLimits>,
    ): Promise<MaasFault[]> => {
      const faults: MaasFault[] = [];
      await withMaas(
        handler,
        async ({ maas }) => {
          const began = performance.now();
          const errors = await Promise.all(
            Array.from({ length: calls }, () => errorOf(maas.lookAt("gem6xs"))),
          );
          expect(performance.now() - began).to.be.below(1000);
          for (const error of errors) if (error instanceof MaasError) faults.push(error.fault);
          expect(faults).to.have.length(calls);
        },
        { concurrency: 2, sleep: undefined, limits: { call: 300, ...limits } },
      );
      return faults;
    };

    it("says in time that MAAS does not answer, also to those that wait for their turn", async () => {
      const faults = await outage(() => {}, 20, {});
      expect(new Set(faults.map(({ code }) => code))).to.deep.equal(new Set(["timeout"]));
    });

    it("says in time what MAAS answered last, while it asks for longer pauses", async () => {
      const [fault] = await outage(
        (_, response) => answer(response, 503, "later", { "retry-after": "15" }),
        1,
        {},
      );
      expect(fault).to.include({
        code: "server",
        status: 503,
        said: '"later"',
        retryAfter: 15_000,
        attempts: 1,
      });
    });

    it("says in time what it was before the attempt that was cut short", async () => {
      const [fault] = await outage(
        (_, response, count) => {
          if (count === 1) response.socket?.resetAndDestroy();
        },
        1,
        { pause: 20 },
      );
      expect(fault).to.include({ code: "unreachable", why: "lost", attempts: 1 });
    });
  });

  it("is data: a code, what was asked, and what came back", async () => {
    await withMaas(
      (_, response) => answer(response, 401, `Authorization Error: 'Invalid access token: ${secret}'`),
      async ({ maas, server }) => {
        const error = await errorOf(maas.lookAt("gem6xs"));
        expect(error).to.be.instanceOf(MaasError);
        expect(error instanceof MaasError && error.fault).to.deep.equal({
          url: server.url,
          profile: "lab",
          asked: { call: "machine", systemId: "gem6xs" },
          attempts: 1,
          code: "unauthorized",
          status: 401,
          why: "unknown-key",
        });
        expect(error.message).to.contain(`maas login lab ${server.url}`);
      },
      { profile: "lab" },
    );
  });

  it("never shows the secret that a 401 echoes", async () => {
    await withMaas(
      (_, response) =>
        answer(
          response,
          401,
          `Authorization Error: 'Invalid signature. Expected signature base string: &${secret}'`,
          html,
        ),
      async ({ maas, server }) => {
        const error = await errorOf(maas.whoami());
        expect(maasErrorKind(error)).to.equal("unauthorized");
        expect(error.message).to.contain("the secret in the API key is wrong").and.contain("maas login");
        expect(inspect(error, { depth: 9, showHidden: true })).not.to.contain(secret);
        expect(server.seen).to.have.length(1);
      },
    );
  });

  it("tells what is wrong with a key or a clock, by the recorded 401s", async () => {
    const cases = [
      ["a07", "without credentials"],
      ["a08", "does not know this API key"],
      ["a09", "does not know this API key"],
      ["a10", "the secret in the API key is wrong"],
      ["a11", "timedatectl"],
      ["a14", "twice"],
      ["a21", "without credentials"],
    ] as const;
    for (const [recording, words] of cases) {
      const recorded = recordedMaas(recording);
      await withMaas(
        (_, response) => replay(response, recorded),
        async ({ maas }) => {
          const error = await errorOf(maas.machines({ hostnames: ["openstack0"] }));
          expect(maasErrorKind(error), recording).to.equal("unauthorized");
          expect(error.message, recording).to.contain(words);
          expect(error.message, recording).not.to.contain("GZzKajc6LTj2JQu39tAHnLb8NRAS65Sv");
        },
      );
    }
  });

  it("blots the key out of whatever else MAAS repeats", async () => {
    await withMaas(
      (_, response) => answer(response, 400, `bad header: ...%26${secret}...`),
      async ({ maas }) => {
        const error = await errorOf(maas.whoami());
        expect(maasErrorKind(error)).to.equal("bad-request");
        expect(error.message).to.contain("bad header").and.not.contain(secret);
      },
    );
  });

  it("calls a 403 forbidden", async () => {
    await withMaas(
      (_, response) => answer(response, 403, ""),
      async ({ maas }) => expect(maasErrorKind(await errorOf(maas.machine("ryy8py")))).to.equal("forbidden"),
    );
  });

  it("does not follow a redirect with the key, and names where it leads", async () => {
    await withMaas(
      (_, response) => answer(response, 301, "", { location: "https://maas.example:5443/MAAS/" }),
      async ({ maas, server }) => {
        const error = await errorOf(maas.version());
        expect(maasErrorKind(error)).to.equal("bad-answer");
        expect(error.message).to.contain("https://maas.example:5443/MAAS/");
        expect(server.seen).to.have.length(1);
      },
    );
  });

  const unusable = [
    ["HTML", "<html><body>Welcome to the hotel", html, "a page of HTML"],
    ["an empty body", "", {}, "an empty body"],
    ["truncated JSON", '[{"system_id": "gem6', {}, "not whole JSON"],
    ["JSON of another shape", '{"machines": []}', {}, "another shape"],
  ] as const;
  for (const [name, body, headers, words] of unusable) {
    it(`says so when MAAS answers 200 with ${name}`, async () => {
      await withMaas(
        (_, response) => answer(response, 200, body, headers),
        async ({ maas }) => {
          const error = await errorOf(maas.machines({ hostnames: ["openstack0"] }));
          expect(maasErrorKind(error)).to.equal("bad-answer");
          expect(error.message).to.contain(words);
        },
      );
    });
  }

  it("gives an error of somebody else no kind", () => {
    expect(maasErrorKind(new TeardownError("maas", "other"))).to.equal(undefined);
    expect(maasErrorKind("maas")).to.equal(undefined);
  });
});
