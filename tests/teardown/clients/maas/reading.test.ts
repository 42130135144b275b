import { expect } from "chai";
import { maasErrorKind } from "../../../../teardown/clients/maas.ts";
import { errorOf, machineJson, withMaas } from "../support/maas.ts";
import { answer, type Handler, html, json, replay } from "../support/maas-server.ts";
import { recordedFile, recordedMaas } from "../support/recordings.ts";

describe("MAAS client: reading", () => {
  it("reads version, user, one machine and a list from recorded answers", async () => {
    await withMaas(
      ({ path }, response) => {
        const name = path.includes("version/")
          ? "a01"
          : path.includes("op=whoami")
            ? "a06"
            : path.includes("machines/?")
              ? "a32"
              : "a44";
        replay(response, recordedMaas(name));
      },
      async ({ maas }) => {
        expect(await maas.version()).to.deep.equal({ version: "None", simulated: false });
        expect(await maas.whoami()).to.deep.equal({ username: "admin", isAdmin: true });
        const machine = await maas.machine("hxascc");
        expect(machine).to.include({
          systemId: "hxascc",
          hostname: "openstack2",
          fqdn: "openstack2.maas",
          status: 6,
          statusName: "Deployed",
          statusMessage: "",
          powerState: "on",
          powerType: "lxd",
          owner: "juju",
          locked: false,
          osystem: "ubuntu",
          pod: "kvm-host0",
          pool: "default",
          zone: "default",
        });
        expect(machine?.ownerData).to.have.property(
          "juju-model-uuid",
          "5f2f3a1e-8b6c-4d7e-9a3f-2c1d0e9b8a77",
        );
        const list = await maas.machines({ hostnames: ["openstack0", "capi-mgmt", "nosuch"] });
        expect(list.map(({ hostname }) => hostname)).to.have.members(["openstack0", "capi-mgmt"]);
      },
    );
  });

  it("reads a machine of 3.2 to 3.4 and of the main branch, which lack fields", async () => {
    await withMaas(
      (_, response) => json(response, machineJson({ owner: null, owner_data: null, status_message: null })),
      async ({ maas }) => {
        expect(await maas.machine("gem6xs")).to.deep.equal({
          systemId: "gem6xs",
          hostname: "openstack0",
          fqdn: "openstack0",
          status: 6,
          statusName: "Deployed",
          statusMessage: "",
          powerState: "",
          powerType: "",
          owner: null,
          ownerData: {},
          locked: false,
          osystem: "",
          errorDescription: "",
          pod: null,
          ipAddresses: [],
          pool: "",
          zone: "",
        });
      },
    );
  });

  it("collects each address of a machine once", async () => {
    const interfaces = [
      { links: [{ ip_address: "10.1.1.1" }, { mode: "dhcp" }], discovered: null },
      { links: [], discovered: [{ ip_address: "10.1.1.2" }, { ip_address: "10.1.1.1" }] },
    ];
    await withMaas(
      (_, response) => json(response, machineJson({ interface_set: interfaces, ip_addresses: ["10.1.1.3"] })),
      async ({ maas }) => {
        expect((await maas.machine("gem6xs"))?.ipAddresses).to.have.members([
          "10.1.1.1",
          "10.1.1.2",
          "10.1.1.3",
        ]);
      },
    );
  });

  it("refuses a machine that does not say whether it is locked", async () => {
    await withMaas(
      (_, response) => json(response, { ...machineJson(), locked: undefined }),
      async ({ maas }) => {
        const error = await errorOf(maas.machine("gem6xs"));
        expect(maasErrorKind(error)).to.equal("bad-answer");
        expect(error.message).to.contain("locked");
      },
    );
  });

  it("takes MAAS's 404 for a machine that is gone, and any other 404 for a wrong URL", async () => {
    await withMaas(
      ({ path }, response) => replay(response, recordedMaas(path.includes("zzzzzz") ? "a46" : "a48")),
      async ({ maas }) => {
        expect(await maas.machine("zzzzzz")).to.equal(undefined);
        const error = await errorOf(maas.machine("gem6xs"));
        expect(maasErrorKind(error)).to.equal("bad-request");
        expect(error.message).to.contain("Unknown API endpoint");
      },
    );
  });

  it("tells a machine that is there from one that is gone, and from one that this key may not see", async () => {
    const looks = [
      ["hxascc", "a44", "seen"],
      ["zzzzzz", "a46", "absent"],
      ["ryy8py", "a47", "forbidden"],
    ] as const;
    for (const [systemId, recording, kind] of looks)
      await withMaas(
        (_, response) => replay(response, recordedMaas(recording)),
        async ({ maas }) => {
          const look = await maas.lookAt(systemId);
          expect(look.kind).to.equal(kind);
          if (look.kind === "seen") expect(look.machine).to.include({ systemId });
        },
      );
  });

  it("takes no page of a proxy for MAAS's word on a machine", async () => {
    for (const status of [403, 404])
      await withMaas(
        (_, response) => answer(response, status, "<html>No Machine matches the given query.", html),
        async ({ maas }) =>
          expect(maasErrorKind(await errorOf(maas.lookAt("gem6xs")))).to.equal("bad-answer"),
      );
  });

  it("asks with filters, in pieces that fit into a URL, and returns each machine once", async () => {
    const names = Array.from({ length: 120 }, (_, index) => `${"x".repeat(55)}${index}`);
    await withMaas(
      (_, response) => json(response, [machineJson()]),
      async ({ maas, server }) => {
        const found = await maas.machines({
          hostnames: names,
          agentName: "uuid-1",
          statuses: ["deployed", "failed_releasing"],
        });
        expect(found).to.have.length(1);
        const queries = server.seen.map(({ path }) => new URL(path, "http://x").searchParams);
        expect(queries.flatMap((query) => query.getAll("hostname"))).to.have.members(names);
        expect(queries.every((query) => query.get("agent_name") === "uuid-1")).to.equal(true);
        expect(queries[0]?.getAll("status")).to.deep.equal(["deployed", "failed_releasing"]);
        expect(Math.max(...server.seen.map(({ path }) => path.length))).to.be.below(8000);
      },
    );
  });

  it("never asks for all machines", async () => {
    await withMaas(
      (_, response) => json(response, []),
      async ({ maas, server }) => {
        expect(await errorOf(maas.machines({}))).to.have.property("code", "unexpected");
        expect(await errorOf(maas.machines({ agentName: "" }))).to.have.property("code", "unexpected");
        expect(await errorOf(maas.machines({ systemIds: ["a", ""] }))).to.have.property("code", "unexpected");
        expect(await maas.machines({ systemIds: [] })).to.deep.equal([]);
        expect(await maas.machines({ agentName: "uuid", hostnames: [] })).to.deep.equal([]);
        expect(server.seen).to.deep.equal([]);
      },
    );
  });

  it("reads the newest events first", async () => {
    await withMaas(
      (_, response) => replay(response, recordedMaas("b100")),
      async ({ maas, server }) => {
        const events = await maas.latestEvents("openstack0", 5);
        expect(events[0]).to.deep.equal({
          level: "INFO",
          type: "Released",
          description: "",
          created: "Sun, 22 Nov. 2026 13:50:44",
          systemId: "gem6xs",
        });
        expect(server.seen[0]?.path).to.equal(
          "/MAAS/api/2.0/events/?op=query&hostname=openstack0&level=DEBUG&limit=5",
        );
      },
    );
  });

  describe("the end of the newest release", () => {
    const machine = { hostname: "openstack0", systemId: "gem6xs" };
    const releasedAt = Date.parse("2026-11-22T13:50:44Z");
    const answering =
      (events: { status: number; body: string }, date: string): Handler =>
      (_, response) =>
        answer(response, events.status, events.body, { "content-type": "application/json", date });
    const released = recordedMaas("b100");
    const now = Date.parse("2026-11-22T13:50:59Z");
    const date = "Sun, 22 Nov 2026 13:50:59 GMT";

    it("is that of MAAS's event Released, if it was not before", async () => {
      await withMaas(
        answering(released, date),
        async ({ maas, server }) => {
          expect(await maas.releasedSince(machine, releasedAt)).to.equal(releasedAt);
          expect(await maas.releasedSince(machine, releasedAt - 60_000)).to.equal(releasedAt);
          expect(await maas.releasedSince(machine, releasedAt + 1)).to.equal(undefined);
          expect(await maas.releasedSince({ ...machine, systemId: "zzzzzz" }, 0)).to.equal(undefined);
          expect(server.seen[0]?.path).to.contain("op=query&hostname=openstack0&level=INFO&limit=1000");
        },
        { now: () => now },
      );
    });

    it("is told in this host's time when MAAS's clock is wrong", async () => {
      await withMaas(
        answering(released, date),
        async ({ maas }) =>
          expect(await maas.releasedSince(machine, releasedAt)).to.equal(releasedAt + 3_600_000),
        { now: () => now + 3_600_000 },
      );
    });

    it("is none while a release goes on, or has failed", async () => {
      const { response } = JSON.parse(recordedFile("maas-power", "d-07-events-after-timeout.json"));
      await withMaas(
        answering({ status: 200, body: JSON.stringify(response.body_json) }, date),
        async ({ maas }) => expect(await maas.releasedSince(machine, 0)).to.equal(undefined),
      );
    });
  });

  it("reads VM hosts, and none where MAAS has no such endpoint", async () => {
    await withMaas(
      (_, response, count) =>
        count === 1
          ? json(response, [
              { name: "kvm0", host: { system_id: "aaaaaa", __incomplete__: true } },
              { name: "lxd1", host: null },
            ])
          : answer(response, 404, "Unknown API endpoint: /MAAS/api/2.0/vm-hosts/."),
      async ({ maas }) => {
        expect(await maas.vmHosts()).to.deep.equal([
          { name: "kvm0", systemId: "aaaaaa" },
          { name: "lxd1", systemId: null },
        ]);
        expect(await maas.vmHosts()).to.deep.equal([]);
      },
    );
  });

  it("knows a simulated MAAS by its subversion", async () => {
    await withMaas(
      (_, response) => json(response, { version: "3.6.5", subversion: "simulated", capabilities: [] }),
      async ({ maas }) => expect(await maas.version()).to.deep.equal({ version: "3.6.5", simulated: true }),
    );
  });
});
