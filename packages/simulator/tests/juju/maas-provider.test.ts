import { expect } from "chai";
import { stopMachines } from "../../juju/provider.ts";
import { machine } from "./asked.ts";

describe("Juju's MAAS provider in the simulated lab", () => {
  /** How it fares when MAAS answers the bulk release and then the single ones in this way. */
  const fares = async (bulk: number, single = 200): Promise<unknown> => {
    const calls: string[] = [];
    const result = await stopMachines(
      {
        deleteByJuju: async () => ({ status: 204, text: "" }),
        releaseByJuju: async (ids, comment) => {
          calls.push(`${ids.join(" ")}: ${comment}`);
          return { status: calls.length > 1 ? single : bulk, text: `${calls.length}` };
        },
      },
      [machine("a"), machine("b")],
      false,
    );
    return [result, calls.map((call) => call.replace(": Released by Juju MAAS provider", ""))];
  };

  for (const [bulk, single, result, calls] of [
    [200, 200, "done", ["a b"]],
    [299, 200, "done", ["a b"]],
    [409, 200, "done", ["a b"]],
    [400, 200, "done", ["a b", "a", "b"]],
    [400, 400, "done", ["a b", "a", "b"]],
    [400, 409, "done", ["a b", "a", "b"]],
    [400, 403, "credential refused", ["a b", "a", "b"]],
    [403, 200, "credential refused", ["a b", "a", "b"]],
    [400, 300, { failed: "2" }, ["a b", "a"]],
    [403, 500, { failed: "2" }, ["a b", "a"]],
    [300, 200, { failed: "1" }, ["a b"]],
    [500, 200, { failed: "1" }, ["a b"]],
  ] as const)
    it(`answered ${bulk}, then ${single}, comes to ${JSON.stringify(result)}`, async () => {
      expect(await fares(bulk, single)).to.deep.equal([result, calls]);
    });

  it("with the bug deletes what is virtual, and releases the rest", async () => {
    const calls: string[] = [];
    const inventory = (status: number) => ({
      deleteByJuju: async (id: string) => {
        calls.push(`delete ${id}`);
        return { status, text: "down" };
      },
      releaseByJuju: async (ids: readonly string[]) => {
        calls.push(`release ${ids.join(" ")}`);
        return { status: 200, text: "" };
      },
    });
    const all = [
      machine("lxd", { powerType: "lxd" }),
      machine("virsh", { powerType: "virsh" }),
      machine("pod", { pod: "kvm" }),
      machine("metal"),
    ];
    expect(await stopMachines(inventory(404), all, true)).to.equal("done");
    expect(calls.splice(0)).to.deep.equal(["delete lxd", "delete virsh", "delete pod", "release metal"]);
    expect(await stopMachines(inventory(204), all.slice(0, 1), true)).to.equal("done");
    expect(calls.splice(0)).to.deep.equal(["delete lxd"]);
    expect(await stopMachines(inventory(500), all, true)).to.deep.equal({ failed: "down" });
    expect(calls.splice(0)).to.deep.equal(["delete lxd"]);
  });
});
