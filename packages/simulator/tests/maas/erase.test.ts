import { expect } from "chai";
import { simulatedRegion } from "./simulated-region.ts";

const minute = 60_000;
const machines = [{ hostname: "one", erase: "20m", release: "1m" }];

describe("An erasure in the simulated MAAS", () => {
  it("takes its time, and ends in a release", async () => {
    const { ask, clock, read } = simulatedRegion({ machines });
    const answer = await ask("POST", "machines/{one}/?op=release", { form: "erase=true" });
    expect(JSON.parse(answer.body)).to.include({ status: 14, status_name: "Disk erasing", owner: "juju" });
    await clock.advance(20 * minute - 1);
    expect((await read("one"))?.status_name).to.equal("Disk erasing");
    await clock.advance(1);
    expect((await read("one"))?.status_name).to.equal("Releasing");
    await clock.advance(minute);
    expect(await read("one")).to.include({ status_name: "Ready", owner: null });
  });

  it("refuses a release, but can be aborted and then released", async () => {
    const { ask, clock, read } = simulatedRegion({ machines });
    await ask("POST", "machines/{one}/?op=release", { form: "erase=true" });
    expect(await ask("POST", "machines/{one}/?op=release")).to.include({
      status: 409,
      body: "Machine cannot be released in its current state ('Disk erasing').",
    });
    const aborted = await ask("POST", "machines/{one}/?op=abort");
    expect(aborted.status).to.equal(200);
    expect(JSON.parse(aborted.body)).to.include({ status: 14, status_message: "Aborted disk erasing" });
    expect(await read("one")).to.include({ status: 15, power_state: "off", owner: "juju" });
    expect((await ask("POST", "machines/{one}/?op=release")).status).to.equal(200);
    expect((await read("one"))?.status_name).to.equal("Ready");
    await clock.advance(60 * minute);
    expect((await read("one"))?.status_name).to.equal("Ready");
  });

  it("does not end with the power-off of an earlier, failed release", async () => {
    const { ask, clock, read } = simulatedRegion({
      machines: [{ hostname: "one", release: "10m", erase: "1h" }],
    });
    void ask("POST", "machines/{one}/?op=release");
    await clock.advance(6 * minute);
    await ask("POST", "machines/{one}/?op=release", { form: "erase=true" });
    await clock.advance(10 * minute);
    expect(await read("one")).to.include({ status_name: "Disk erasing", power_state: "on" });
  });

  it("that fails leaves Failed disk erasing, from which a release without erase leads to Ready", async () => {
    const { ask, clock, read } = simulatedRegion({
      machines: [{ hostname: "one", erase: "20m", faults: [{ answer: "erase-fails" }] }],
    });
    await ask("POST", "machines/{one}/?op=release", { form: "erase=true" });
    await clock.advance(20 * minute);
    expect(await read("one")).to.include({ status: 15, status_name: "Failed disk erasing", owner: "juju" });
    await ask("POST", "machines/{one}/?op=release");
    expect((await read("one"))?.status_name).to.equal("Ready");
  });

  it("that hangs stays for ever", async () => {
    const { ask, clock, read } = simulatedRegion({
      machines: [{ hostname: "one", faults: [{ answer: "never-erased" }] }],
    });
    await ask("POST", "machines/{one}/?op=release", { form: "erase=true" });
    await clock.advance(24 * 60 * minute);
    expect((await read("one"))?.status_name).to.equal("Disk erasing");
  });

  it("is forced by the site setting, also for many", async () => {
    const { ask, read } = simulatedRegion({
      maas: { eraseOnRelease: true },
      machines: [...machines, { hostname: "two" }],
    });
    await ask("POST", "machines/{one}/?op=release", { form: "erase=false" });
    expect((await ask("POST", "machines/?op=release", { form: "machines={two}" })).status).to.equal(200);
    expect((await read("one"))?.status_name).to.equal("Disk erasing");
    expect((await read("two"))?.status_name).to.equal("Disk erasing");
  });

  it("needs its image", async () => {
    const { ask, read } = simulatedRegion({ maas: { ephemeralImage: false }, machines });
    expect(await ask("POST", "machines/{one}/?op=release", { form: "erase=true" })).to.include({
      status: 400,
      body: "Ephemeral operating system ubuntu/noble for amd64/generic is unavailable.",
    });
    expect(await read("one")).to.include({ status_name: "Deployed", osystem: "ubuntu" });
  });

  it("that was under way when the lab began comes to its end", async () => {
    const { clock, read } = simulatedRegion({
      machines: [{ hostname: "one", status: "Disk erasing", erase: "5m", release: "1m" }],
    });
    await clock.advance(6 * minute);
    expect((await read("one"))?.status_name).to.equal("Ready");
  });
});

describe("abort in the simulated MAAS", () => {
  for (const [status, number] of [
    ["Commissioning", 0],
    ["Deploying", 10],
    ["Testing", 22],
  ] as const)
    it(`leads from ${status} to status ${number}`, async () => {
      const { ask } = simulatedRegion({ machines: [{ hostname: "one", status }] });
      expect(JSON.parse((await ask("POST", "machines/{one}/?op=abort")).body).status).to.equal(number);
    });

  it("is refused in other states, naming the machine", async () => {
    const { ask } = simulatedRegion({ machines: [{ hostname: "one", systemId: "fwgpc6", status: "Ready" }] });
    expect(await ask("POST", "machines/fwgpc6/?op=abort")).to.include({
      status: 409,
      body: "Cannot abort in current state: node fwgpc6 is in state Ready.",
    });
  });
});
