import { expect } from "chai";
import { isPending, simulatedRegion } from "./simulated-region.ts";

const minute = 60_000;

/** The fields that a release changes. */
const told = (machine: Record<string, unknown> | undefined): unknown =>
  machine && {
    status: machine.status_name,
    power: machine.power_state,
    owner: machine.owner,
    system: machine.osystem,
    message: machine.status_message,
  };

const statusOf = (body: string): unknown => JSON.parse(body).status_name;

describe("A release in the simulated MAAS", () => {
  it("blocks until the power is off, and answers with what was so before", async () => {
    const { ask, clock, read } = simulatedRegion({ machines: [{ hostname: "one", release: "3m" }] });
    const release = ask("POST", "machines/{one}/?op=release", { form: "comment=x" });
    await clock.advance(3 * minute - 1);
    expect(await isPending(release)).to.equal(true);
    expect(told(await read("one"))).to.deep.equal({
      status: "Releasing",
      power: "on",
      owner: "juju",
      system: "",
      message: "Releasing",
    });
    await clock.advance(1);
    const answer = await release;
    expect([answer.status, statusOf(answer.body)]).to.deep.equal([200, "Releasing"]);
    expect(told(await read("one"))).to.deep.equal({
      status: "Ready",
      power: "off",
      owner: null,
      system: "",
      message: "Released",
    });
  });

  it("is no longer the model's machine from its first moment", async () => {
    const { ask, clock, maas } = simulatedRegion({ machines: [{ hostname: "one", agentName: "some-uuid" }] });
    expect(JSON.parse((await ask("GET", "machines/?agent_name=some-uuid")).body)).to.have.length(1);
    expect(maas.inventory.machinesOf("some-uuid")).to.have.length(1);
    const release = ask("POST", "machines/{one}/?op=release");
    await clock.advance(1);
    expect((await ask("GET", "machines/?agent_name=some-uuid")).body).to.equal("[]");
    await clock.advance(3 * minute);
    await release;
  });

  for (const [answer, status, text, power, message] of [
    ["power-fails-500", 500, "Could not contact BMC: connection timed out", "on", "Releasing"],
    [
      "no-rack-503",
      503,
      "No rack controllers can access the BMC of node one",
      "unknown",
      "Failed to query node's BMC - (juju) - No rack controllers can access the BMC of node one",
    ],
  ] as const)
    it(`whose power-off fails (${answer}) answers late and leaves the machine Deployed without its system`, async () => {
      const { ask, clock, read } = simulatedRegion({
        machines: [{ hostname: "one", ownerData: { a: "b" }, faults: [{ answer }] }],
      });
      const release = ask("POST", "machines/{one}/?op=release");
      await clock.advance(3 * minute - 1);
      expect(await isPending(release)).to.equal(true);
      await clock.advance(1);
      const failed = await release;
      expect(failed.status).to.equal(status);
      expect(failed.body).to.equal(text);
      expect(failed.headers).to.deep.equal({});
      const machine = await read("one");
      expect(told(machine)).to.deep.equal({
        status: "Deployed",
        power,
        owner: "juju",
        system: "",
        message,
      });
      expect(machine?.owner_data).to.deep.equal({ a: "b" });
      const events = JSON.parse((await ask("GET", "events/?op=query&level=DEBUG&hostname=one")).body).events;
      expect(events[0].description).to.contain(failed.body);
      const again = ask("POST", "machines/{one}/?op=release");
      await clock.advance(3 * minute);
      expect((await again).status).to.equal(200);
      expect((await read("one"))?.status_name).to.equal("Ready");
    });

  it("whose power never goes off fails after five minutes, keeps its owner, and can be asked for again", async () => {
    const { ask, clock, read } = simulatedRegion({
      machines: [{ hostname: "one", release: "10s", faults: [{ answer: "never-off" }] }],
    });
    const release = ask("POST", "machines/{one}/?op=release");
    await clock.advance(10_000);
    expect((await release).status).to.equal(200);
    await clock.advance(5 * minute - 10_001);
    expect((await read("one"))?.status_name).to.equal("Releasing");
    await clock.advance(1);
    const timedOut = "Node operation 'Releasing' timed out after 5 minutes.";
    const failed = await read("one");
    expect(told(failed)).to.deep.equal({
      status: "Releasing failed",
      power: "on",
      owner: "juju",
      system: "",
      message: `Marking node failed - ${timedOut}`,
    });
    expect(failed).to.include({ status: 13, error_description: timedOut });
    const again = ask("POST", "machines/{one}/?op=release");
    await clock.advance(10_000);
    expect(statusOf((await again).body)).to.equal("Releasing");
    expect(await read("one")).to.include({ status_name: "Ready", error_description: timedOut });
  });

  it("of a machine without commissioning ends in New", async () => {
    const { ask, clock, read } = simulatedRegion({ machines: [{ hostname: "one", commissioned: false }] });
    const release = ask("POST", "machines/{one}/?op=release");
    await clock.advance(3 * minute);
    await release;
    expect(await read("one")).to.include({ status: 0, status_name: "New", owner: null });
  });

  it("of a machine that was composed on allocation ends with the machine gone", async () => {
    const { ask, clock, maas } = simulatedRegion({ machines: [{ hostname: "one", dynamic: true }] });
    const path = `machines/${maas.inventory.machines()[0]?.systemId}/`;
    const release = ask("POST", `${path}?op=release`);
    await clock.advance(3 * minute);
    expect(statusOf((await release).body)).to.equal("Releasing");
    expect(await ask("GET", path)).to.include({ status: 404, body: "No Machine matches the given query." });
  });

  it("of a machine that somebody deletes meanwhile ends with the machine gone", async () => {
    const { ask, clock, read } = simulatedRegion({
      machines: [{ hostname: "one", faults: [{ answer: "vanishes" }] }],
    });
    const release = ask("POST", "machines/{one}/?op=release");
    await clock.advance(3 * minute);
    await release;
    expect(await read("one")).to.equal(undefined);
  });

  it("of several machines at once goes on side by side, and the same machine twice is no error", async () => {
    const machines = ["one", "two", "three", "four"].map((hostname) => ({ hostname, release: "60s" }));
    const { ask, clock, maas } = simulatedRegion({ machines });
    const releases = [...machines, ...machines].map(({ hostname }) =>
      ask("POST", `machines/{${hostname}}/?op=release`),
    );
    await clock.advance(minute);
    expect((await Promise.all(releases)).map(({ status }) => status)).to.deep.equal(Array(8).fill(200));
    expect(maas.inventory.machines().map(({ status }) => status)).to.deep.equal(Array(4).fill("Ready"));
  });

  for (const [answer, status, type, retryAfter] of [
    ["conflict-retry", 409, "text/html; charset=utf-8", "5"],
    ["no-connections-503", 503, "text/plain; charset=utf-8", "10"],
    ["state-409", 409, "text/plain; charset=utf-8", undefined],
  ] as const)
    it(`that meets ${answer} changes nothing, and works at the second try`, async () => {
      const { ask, clock, read } = simulatedRegion({ machines: [{ hostname: "one", faults: [{ answer }] }] });
      const refused = await ask("POST", "machines/{one}/?op=release");
      expect(refused).to.include({ status, type });
      expect(refused.headers?.["Retry-After"]).to.equal(retryAfter);
      expect(await read("one")).to.include({ status_name: "Deployed", osystem: "ubuntu" });
      const again = ask("POST", "machines/{one}/?op=release");
      await clock.advance(3 * minute);
      expect((await again).status).to.equal(200);
    });

  it("behind an impatient proxy is answered with 504 after a minute, and goes on", async () => {
    const { ask, clock, read } = simulatedRegion({
      machines: [{ hostname: "one", faults: [{ answer: "gateway-504" }] }],
    });
    const release = ask("POST", "machines/{one}/?op=release");
    await clock.advance(minute);
    expect(await release).to.include({ status: 504, type: "text/html" });
    expect((await read("one"))?.status_name).to.equal("Releasing");
    await clock.advance(2 * minute);
    expect((await read("one"))?.status_name).to.equal("Ready");
  });

  it("behind an impatient proxy is answered with 504 in its middle when it is short", async () => {
    const { ask, clock } = simulatedRegion({
      machines: [{ hostname: "one", release: "30s", faults: [{ answer: "gateway-504" }] }],
    });
    const release = ask("POST", "machines/{one}/?op=release");
    await clock.advance(15_000 - 1);
    expect(await isPending(release)).to.equal(true);
    await clock.advance(1);
    expect(await isPending(release)).to.equal(false);
  });

  for (const wire of ["hang", "reset"] as const)
    it(`whose answer is lost (${wire}) goes on`, async () => {
      const { ask, clock, read } = simulatedRegion({
        machines: [{ hostname: "one", faults: [{ answer: wire }] }],
      });
      const release = ask("POST", "machines/{one}/?op=release");
      await clock.advance(3 * minute);
      expect((await release).instead).to.equal(wire);
      expect((await read("one"))?.status_name).to.equal("Ready");
    });

  it("that was asked for again follows the second power-off, not the first", async () => {
    const { ask, clock, read } = simulatedRegion({ machines: [{ hostname: "one", release: "7m" }] });
    void ask("POST", "machines/{one}/?op=release");
    await clock.advance(6 * minute);
    expect((await read("one"))?.status_name).to.equal("Releasing failed");
    void ask("POST", "machines/{one}/?op=release");
    await clock.advance(2 * minute);
    expect(await read("one")).to.include({ status_name: "Releasing", power_state: "on" });
  });

  it("that is under way when the lab begins can fail, too", async () => {
    const { clock, read } = simulatedRegion({
      machines: [{ hostname: "one", status: "Releasing", release: "9m" }],
    });
    await clock.advance(5 * minute - 1);
    expect((await read("one"))?.status_name).to.equal("Releasing");
    await clock.advance(1);
    expect((await read("one"))?.status_name).to.equal("Releasing failed");
    await clock.advance(4 * minute);
    expect(await read("one")).to.include({ status_name: "Releasing failed", power_state: "off" });
  });

  for (const machine of [{ powerType: "manual" }, { powerState: "off" }])
    it(`needs no waiting with ${JSON.stringify(machine)}`, async () => {
      const { ask } = simulatedRegion({ machines: [{ hostname: "one", ...machine }] });
      expect(statusOf((await ask("POST", "machines/{one}/?op=release")).body)).to.equal("Ready");
    });

  for (const path of ["?op=release", "op-release", "(in the body)"])
    it(`can be asked for as ${path}`, async () => {
      const { ask } = simulatedRegion({ machines: [{ hostname: "one", powerState: "off" }] });
      const inBody = path.startsWith("(");
      const answer = await ask(
        "POST",
        `machines/{one}/${inBody ? "" : path}`,
        inBody ? { form: "op=release" } : {},
      );
      expect(statusOf(answer.body)).to.equal("Ready");
    });

  it("that is under way when the lab begins comes to its end", async () => {
    const { clock, read } = simulatedRegion({
      machines: [{ hostname: "one", status: "Releasing", release: "2m" }],
    });
    await clock.advance(2 * minute - 1);
    expect((await read("one"))?.status_name).to.equal("Releasing");
    await clock.advance(1);
    expect(await read("one")).to.include({ status_name: "Ready", power_state: "off", owner: null });
  });

  it("of a VM host with force deletes the virtual machines on it", async () => {
    const { ask, clock, maas } = simulatedRegion({
      machines: [
        { hostname: "host", hostsVms: "vms" },
        { hostname: "guest", pod: "vms" },
        { hostname: "other", pod: "elsewhere" },
      ],
    });
    const refused = await ask("POST", "machines/{host}/?op=release");
    expect(refused).to.include({ status: 400, body: "The following VM hosts must be removed first: vms" });
    const release = ask("POST", "machines/{host}/?op=release", { form: "force=true" });
    await clock.advance(3 * minute);
    await release;
    expect(maas.inventory.machines().map(({ hostname }) => hostname)).to.deep.equal(["host", "other"]);
  });
});
