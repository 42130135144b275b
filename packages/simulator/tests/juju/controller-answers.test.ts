import { expect } from "chai";
import { destroy, machine, minute, words } from "./asked.ts";
import { cleanUp, recordedLab } from "./recorded-lab.ts";

describe("The simulated controller", () => {
  afterEach(cleanUp);

  /** What `juju status` and `juju show-model` say of the model at moments of its destruction. */
  const at = async (
    lab: ReturnType<typeof recordedLab>,
    ms: number,
  ): Promise<{ current: string; message: string; validity: string; life: string }> => {
    await lab.clock.advance(ms);
    const shown = await lab.run(words("show-model openstack --format=json"), lab.newStore());
    const { life, status, credential } = JSON.parse(shown.stdout).openstack;
    return { life, current: status.current, message: status.message, validity: credential["validity-check"] };
  };

  it("tells in the model's status how its destruction goes", async () => {
    const lab = recordedLab({ model: { reap: "10m" } });
    void lab.run(destroy, lab.newStore(), { limit: 1000 });
    expect(await at(lab, 1000)).to.deep.equal({
      life: "dying",
      current: "destroying",
      message: "cleaning up cloud resources",
      validity: "valid",
    });
    expect(await at(lab, 0.61 * 10 * minute)).to.include({
      current: "destroying",
      message: "tearing down cloud environment",
    });
  });

  it("suspends a model whose credential MAAS refused", async () => {
    const lab = recordedLab({
      model: { reap: "10m", credentialGoesInvalid: true },
      maas: {
        machinesOf: () => [machine("a")],
        releaseByJuju: async () => ({ status: 403, text: "no" }),
      },
    });
    void lab.run(destroy, lab.newStore(), { limit: 1000 });
    expect(await at(lab, 9 * minute)).to.deep.equal({
      life: "dying",
      current: "suspended",
      message: "suspended since cloud credential is not valid",
      validity: "invalid",
    });
  });

  it("tries again when MAAS fails, saying why", async () => {
    const lab = recordedLab({
      model: { reap: "10m", retryEvery: "2m" },
      maas: {
        machinesOf: () => [machine("a")],
        releaseByJuju: async () => ({ status: 500, text: "broken" }),
      },
    });
    void lab.run(destroy, lab.newStore(), { limit: 1000 });
    expect(await at(lab, 6.5 * minute)).to.include({
      current: "destroying",
      message: "attempt 1 to destroy model failed (will retry):  broken",
    });
  });

  it("takes five seconds to remove a machine from a living model", async () => {
    const lab = recordedLab();
    const ids = async (): Promise<string[]> =>
      Object.keys(
        JSON.parse((await lab.run(words("machines --format=json"), lab.newStore())).stdout).machines,
      );
    const before = lab.clock.now();
    await lab.run(words("remove-machine 3 --force --no-prompt"), lab.newStore());
    await lab.clock.advance(4999 - (lab.clock.now() - before));
    expect(await ids()).to.deep.equal(["0", "1", "2", "3"]);
    await lab.clock.advance(5000 - (lab.clock.now() - before));
    expect(await ids()).to.deep.equal(["0", "1", "2"]);
  });
});
