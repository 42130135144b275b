import { expect } from "chai";
import { resolveScenario } from "../scenario.ts";

describe("A scenario", () => {
  it("gives a thing the same identity each time", () => {
    const [first, second] = [resolveScenario(), resolveScenario()];
    expect(first).to.deep.equal(second);
    const ids = first.machines.map(({ systemId }) => systemId);
    expect(new Set(ids).size).to.equal(5);
    for (const id of ids) expect(id).to.match(/^[a-z0-9]{6}$/);
    expect(first.models[0]?.uuid).to.match(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it("gives machines of a model what Juju writes into MAAS, and free ones nothing", () => {
    const { machines, models } = resolveScenario({
      models: [{ name: "m", uuid: "5f2f3a1e-8b6c-4d7e-9a3f-2c1d0e9b8a77" }],
      machines: [
        { hostname: "a", model: "m", units: ["x/0", "y/1"] },
        { hostname: "b", model: "m", status: "Ready" },
        { hostname: "c" },
        { hostname: "d", powerType: "manual" },
      ],
    });
    expect(models[0]?.owner).to.equal("admin");
    expect(machines[0]).to.deep.include({
      agentName: "5f2f3a1e-8b6c-4d7e-9a3f-2c1d0e9b8a77",
      owner: "juju",
      powerState: "on",
    });
    expect(machines[0]?.ownerData).to.include({
      "juju-model-uuid": "5f2f3a1e-8b6c-4d7e-9a3f-2c1d0e9b8a77",
      "juju-units-deployed": "x/0 y/1",
      "juju-machine-id": "juju-9b8a77-0",
    });
    expect(machines[1]).to.deep.include({ agentName: "", owner: null, ownerData: {}, powerState: "off" });
    expect(machines[2]).to.deep.include({ agentName: "", owner: "juju", ownerData: {} });
    expect(machines[3]).to.include({ powerState: "unknown" });
  });

  it("names each field that it does not understand", () => {
    expect(() =>
      resolveScenario({
        maas: { verzion: "3.6" },
        machines: [{ hostname: "a", status: "Melted", release: "soon" }],
        faults: [{ side: "maas", kind: "explodes" }],
      }),
    ).to.throw(
      /verzion[\s\S]*machines\[0\]\.status[\s\S]*machines\[0\]\.release[\s\S]*faults\[0\]|faults\[0\]/,
    );
  });
});
