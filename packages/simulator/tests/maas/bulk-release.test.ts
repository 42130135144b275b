import { expect } from "chai";
import { isPending, type SimulatedRegion, simulatedRegion } from "./simulated-region.ts";

const minute = 60_000;

const statuses = ({ maas }: SimulatedRegion): string[] =>
  maas.inventory.machines().map(({ status }) => status);

describe("A bulk release in the simulated MAAS", () => {
  const pair = [{ hostname: "one" }, { hostname: "two" }];
  const both = "machines={one}&machines={two}&comment=x";

  it("starts all, and answers with their ids when all are off", async () => {
    const region = simulatedRegion({ machines: [...pair, { hostname: "three", status: "Ready" }] });
    const release = region.ask("POST", "machines/?op=release", { form: `${both}&machines={three}` });
    await region.clock.advance(3 * minute - 1);
    expect(await isPending(release)).to.equal(true);
    await region.clock.advance(1);
    const { status, body } = await release;
    const ids = region.maas.inventory.machines().map(({ systemId }) => systemId);
    expect([status, JSON.parse(body)]).to.deep.equal([200, ids.slice(0, 2)]);
    expect(statuses(region)).to.deep.equal(["Ready", "Ready", "Ready"]);
  });

  for (const [what, machine, status, text] of [
    ["is Releasing already", { status: "Releasing" }, 409, "('Releasing')"],
    ["is in rescue mode", { status: "Rescue mode" }, 409, "('Rescue mode')"],
    ["is locked", { locked: true }, 403, "You don't have the required permission"],
    ["hosts virtual machines", { hostsVms: "vms" }, 400, "must be removed first: vms"],
    ["meets a conflict", { faults: [{ answer: "conflict-retry" }] }, 409, "Conflict"],
  ] as const)
    it(`releases none when one ${what}`, async () => {
      const region = simulatedRegion({
        machines: [pair[0] ?? { hostname: "" }, { hostname: "two", ...machine }],
      });
      const before = statuses(region);
      const answer = await region.ask("POST", "machines/?op=release", { form: both });
      expect(answer.status).to.equal(status);
      expect(answer.body).to.contain(text);
      expect(statuses(region)).to.deep.equal(before);
      expect(await region.read("one")).to.include({ osystem: "ubuntu", status_message: null });
    });

  it("releases none when one is unknown, and takes no comma-joined ids", async () => {
    const region = simulatedRegion({ machines: pair });
    const answer = await region.ask("POST", "machines/?op=release", {
      form: "machines={one}&machines=zzzzzz",
    });
    expect(answer).to.include({ status: 400, body: "Unknown machine(s): zzzzzz." });
    const joined = await region.ask("POST", "machines/?op=release", { form: "machines={one},{two}" });
    expect(joined.body).to.match(/^Unknown machine\(s\): \w{6},\w{6}\.$/);
    expect(statuses(region)).to.deep.equal(["Deployed", "Deployed"]);
  });

  it("puts all back when one power-off fails", async () => {
    const region = simulatedRegion({
      machines: [
        { hostname: "one", release: "2m" },
        { hostname: "two", release: "1m", faults: [{ answer: "no-rack-503" }] },
      ],
    });
    const release = region.ask("POST", "machines/?op=release", { form: both });
    await region.clock.advance(minute);
    expect(await release).to.include({ status: 503 });
    expect(statuses(region)).to.deep.equal(["Deployed", "Deployed"]);
    expect(await region.read("one")).to.include({ power_state: "on", osystem: "", owner: "juju" });
  });

  it("by Juju's provider is seen in the call log, as a call of user juju", async () => {
    const region = simulatedRegion({ machines: [{ hostname: "one", powerState: "off" }] });
    const [machine] = region.maas.inventory.machines();
    const answer = await region.maas.inventory.releaseByJuju(
      [machine?.systemId ?? ""],
      "Released by Juju MAAS provider",
    );
    expect(answer.status).to.equal(200);
    const deleted = await region.maas.inventory.deleteByJuju(machine?.systemId ?? "");
    expect(deleted).to.deep.equal({ status: 204, text: "" });
    expect(region.maas.inventory.machines()).to.deep.equal([]);
    expect((await region.maas.inventory.deleteByJuju("zzzzzz")).status).to.equal(404);
  });
});
