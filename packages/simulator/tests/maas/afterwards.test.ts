import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Lab, startLab } from "../../lab.ts";
import { oauthHeader } from "../../maas/cli/call.ts";
import { isPending, simulatedRegion } from "./simulated-region.ts";

const minute = 60_000;
const model = "5f2f3a1e-8b6c-4d7e-9a3f-2c1d0e9b8a77";

/** One machine, released, with what somebody does with it afterwards. */
const released = async (fault: Record<string, unknown>) => {
  const region = simulatedRegion({
    machines: [{ hostname: "one", release: "1m", faults: [{ answer: "taken", ...fault }] }],
  });
  const release = region.ask("POST", "machines/{one}/?op=release");
  await region.clock.advance(minute);
  await release;
  return region;
};

describe("A machine that somebody takes after its release", () => {
  it("is never seen Ready when it is taken in that moment, and nothing tells whose it is", async () => {
    const { read } = await released({});
    expect(await read("one")).to.deep.include({ status_name: "Allocated", owner: "juju", owner_data: {} });
  });

  it("is seen Ready once, or for some time", async () => {
    const once = await released({ looks: 1 });
    expect((await once.read("one"))?.status_name).to.equal("Ready");
    expect((await once.read("one"))?.status_name).to.equal("Allocated");
    const later = await released({ after: "10s" });
    await later.clock.advance(9_999);
    expect((await later.read("one"))?.status_name).to.equal("Ready");
    await later.clock.advance(1);
    expect((await later.read("one"))?.status_name).to.equal("Allocated");
  });

  it("can be another model's, or another user's", async () => {
    const theirs = await released({ agentName: model });
    expect(await theirs.read("one")).to.deep.include({ owner_data: { "juju-model-uuid": model } });
    expect(JSON.parse((await theirs.ask("GET", `machines/?agent_name=${model}`)).body)).to.have.length(1);
    const other = await released({ owner: "somebody" });
    expect((await other.ask("GET", "machines/{one}/", { user: "juju" })).status).to.equal(403);
    expect((await other.ask("GET", "machines/?hostname=one", { user: "juju" })).body).to.equal("[]");
  });

  it("leaves the events of its release and of the next allocation, with their times", async () => {
    const { ask } = await released({ after: "10s" });
    const { events } = JSON.parse((await ask("GET", "events/?op=query&hostname=one&level=INFO")).body);
    expect(events[0]).to.include({ type: "Released" });
    expect(events[0].created).to.match(/^\w{3}, \d\d \w{3}\. \d{4} \d\d:\d\d:\d\d$/);
  });
});

describe("A release that nothing ends", () => {
  it("stays Releasing for ever when it is an orphan, and a power-off makes it Ready at once", async () => {
    const { ask, clock, read } = simulatedRegion({
      machines: [{ hostname: "one", status: "Releasing", orphaned: true }],
    });
    await clock.advance(60 * minute);
    expect((await read("one"))?.status_name).to.equal("Releasing");
    expect((await ask("POST", "machines/{one}/?op=release")).status).to.equal(200);
    expect((await read("one"))?.status_name).to.equal("Releasing");
    expect((await ask("POST", "machines/{one}/?op=power_off")).status).to.equal(200);
    expect(await read("one")).to.include({ status_name: "Ready", power_state: "off" });
  });

  it("takes a while, with the power still on, and then ends", async () => {
    const { ask, clock, read } = simulatedRegion({
      machines: [{ hostname: "one", release: "1s", faults: [{ answer: "slow-off", after: "2m" }] }],
    });
    const release = ask("POST", "machines/{one}/?op=release");
    await clock.advance(1000);
    expect(await isPending(release)).to.equal(false);
    await clock.advance(2 * minute - 1);
    expect(await read("one")).to.include({ status_name: "Releasing", power_state: "on" });
    await clock.advance(1);
    expect(await read("one")).to.include({ status_name: "Ready", power_state: "off" });
  });
});

describe("Control of the simulated MAAS", () => {
  let lab: Lab;
  let dir: string;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
    const machines = [{ hostname: "one", status: "Ready" }];
    lab = await startLab({ dir, scenario: { models: [], machines } });
  });
  after(async () => {
    await lab.stop();
    rmSync(dir, { recursive: true });
  });

  it("lets somebody take a machine that is Ready already", async () => {
    await lab.control({ op: "take-machine", hostname: "one", owner: "somebody" });
    expect(lab.state().machines[0]).to.include({ status: "Allocated", owner: "somebody" });
  });

  it("takes MAAS away for a while, for clients and for Juju", async () => {
    const [consumer = "", token = "", secret = ""] = lab.apiKey.split(":");
    const ask = () =>
      fetch(`${lab.maasUrl}/MAAS/api/2.0/machines/`, {
        headers: { authorization: oauthHeader([consumer, token, secret], Date.now) },
      }).then(
        ({ status }) => status,
        () => "refused",
      );
    expect(await ask()).to.equal(200);
    await lab.control({ op: "maas-away", for: "1s" });
    await new Promise((done) => setTimeout(done, 300));
    expect(await ask()).to.equal("refused");
    while ((await ask()) === "refused") await new Promise((done) => setTimeout(done, 100));
    expect(await ask()).to.equal(200);
  });
});
