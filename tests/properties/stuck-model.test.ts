import { expect } from "chai";
import { jujuError } from "../../teardown/clients/juju/errors.ts";
import type { DestroyAnswer, JujuClient, JujuModel } from "../../teardown/clients/juju.ts";
import type { Context } from "../../teardown/context.ts";
import { destroyModel, followReaping } from "../../teardown/destroy-model.ts";
import { stage } from "./support/stage.ts";

const minute = 60_000;
const recorded = { name: "admin/openstack", uuid: "u1", controller: "maas-lab", controllerUuid: "c1" };
const shown = (life: string): JujuModel => ({
  name: recorded.name,
  shortName: "openstack",
  uuid: recorded.uuid,
  controllerUuid: "c1",
  controllerName: "maas-lab",
  isController: false,
  owner: "admin",
  cloud: "maas",
  credential: undefined,
  access: "admin",
  life,
  status: life,
  statusMessage: "",
  migration: undefined,
  agentVersion: "3.6.28",
});

type Answers = {
  /** What destroy-model comes to, by the number of its call; without one it waits until its limit. */
  calls?: (call: number) => DestroyAnswer | undefined;
  /** When the model is gone, in ms; never without it. */
  goneAfter?: number;
  removal?: () => Promise<void>;
  /** Whether a call is taken, so that the model is dying from then on. */
  taken?: (call: number) => boolean;
};

const lab = (stuckAfter: number, answers: Answers) => {
  const there = stage(1, stuckAfter);
  const { clock } = there;
  const start = clock.now();
  const at = () => Math.round((clock.now() - start) / 1_000);
  // A removal comes with the first look after it is due; the last look at a dying model is at most 5 s old.
  const atLook = () => Math.floor(at() / 10) * 10;
  const done: string[] = [];
  let life = "alive";
  let calls = 0;
  const isGone = () => answers.goneAfter !== undefined && clock.now() - start >= answers.goneAfter;
  const juju = (context: Context): JujuClient => ({
    ...context.juju,
    presence: async () => {
      await context.clock.sleep(10);
      return isGone()
        ? { state: "gone" }
        : { state: life === "alive" ? "alive" : "dying", model: shown(life) };
    },
    machines: async () =>
      ["0", "1"].map((id) => ({ id, instanceId: "", hostname: "", displayName: "", containers: [] })),
    removeMachines: async (_uuid, ids) => {
      done.push(`${atLook()} s: remove ${ids.join(" ")}`);
      await answers.removal?.();
      return { removed: ids, complaints: [] };
    },
    destroyModel: async (_uuid, { limit, signal }) => {
      calls += 1;
      done.push(`${life === "alive" ? at() : atLook()} s: destroy`);
      if (answers.taken?.(calls) ?? true) life = "dying";
      const answer = answers.calls?.(calls);
      await context.clock.sleep(answer ? 1_000 : limit, signal);
      return answer ?? { kind: "stopped", by: "limit", accepted: true, reason: "limit" };
    },
  });
  const begin = (stopAfter?: number) => {
    const stopping = new AbortController();
    if (stopAfter !== undefined) clock.after(stopAfter, () => stopping.abort({ why: "cancelled" }));
    // Its machines have no instances, so they are known by the model's UUID.
    const settings = { ...there.context.settings, alsoDestroyed: ["u1:0", "u1:1"] };
    const context = { ...there.context, settings, juju: juju(there.context), signal: stopping.signal };
    return { context, run: there.run, row: there.row, recorded };
  };
  /** What the rows of the model and of its reaping do, one after the other. */
  const destroy = async (stopAfter?: number) => {
    const destruction = begin(stopAfter);
    await destroyModel(destruction);
    return await followReaping(destruction);
  };
  const destroyOnly = () => destroyModel(begin());
  return { ...there, done, destroy, destroyOnly };
};

const message = (work: Promise<string>) => work.catch((error: Error) => error.message);

describe("the procedure for a stuck model", () => {
  it("comes after 10 minutes, and again after each further 10", async () => {
    const { clock, destroy, done } = lab(10 * minute, { goneAfter: 35 * minute });
    await clock.run(destroy());
    expect(done).to.deep.equal([
      "0 s: destroy",
      "600 s: remove 0 1",
      "600 s: destroy",
      "1200 s: remove 0 1",
      "1200 s: destroy",
      "1800 s: remove 0 1",
      "1800 s: destroy",
    ]);
  });

  it("counts from the run's first destroy-model, over a destroy that was stopped", async () => {
    const { clock, destroy, done } = lab(10 * minute, { goneAfter: 15 * minute });
    const work = async () => {
      expect(await message(destroy(4 * minute))).to.match(/^cancelled/);
      await new Promise<void>((resolve) => void clock.after(2 * minute, resolve));
      await destroy();
    };
    await clock.run(work());
    expect(done).to.deep.equal(["0 s: destroy", "600 s: remove 0 1", "600 s: destroy"]);
  });

  it("comes at once when the model was left dying for longer", async () => {
    const { clock, destroy, done } = lab(10 * minute, { goneAfter: 40 * minute });
    const work = async () => {
      await message(destroy(4 * minute));
      await new Promise<void>((resolve) => void clock.after(21 * minute, resolve));
      await message(destroy(2 * minute));
    };
    await clock.run(work());
    expect(done).to.deep.equal(["0 s: destroy", "1500 s: remove 0 1", "1500 s: destroy"]);
  });

  it("leaves alone a model that is alive, however old the first call is", async () => {
    const { clock, destroy, done } = lab(10 * minute, { taken: (call) => call > 1, goneAfter: 55 * minute });
    const work = async () => {
      await message(destroy(4 * minute));
      await new Promise<void>((resolve) => void clock.after(30 * minute, resolve));
      await message(destroy(15 * minute));
    };
    await clock.run(work());
    // Ten minutes after the call that was taken, 34 minutes after the start.
    expect(done).to.deep.equal(["0 s: destroy", "2040 s: destroy", "2640 s: remove 0 1", "2640 s: destroy"]);
  });

  it("does not end the destroy when the removal fails, for the model may be gone by then", async () => {
    const removal = () => Promise.reject(jujuError("not-found", "model u1 not found"));
    const { clock, destroy, done } = lab(10 * minute, { goneAfter: 10 * minute, removal });
    expect(await clock.run(destroy())).to.match(/gone/);
    const again = lab(10 * minute, { goneAfter: 15 * minute, removal });
    expect(await again.clock.run(again.destroy())).to.match(/gone/);
    expect([...done, ...again.done].filter((line) => line.includes("remove"))).to.have.length(1);
  });
});

describe("destroy-model that fails", () => {
  const failed: DestroyAnswer = { kind: "failed", reason: "state changing too quickly", cause: "failed" };

  it("is called again ever later, and given up after five times", async () => {
    const { clock, destroyOnly, done } = lab(10 * minute, { calls: () => failed, taken: () => false });
    expect(await clock.run(message(destroyOnly()))).to.match(/failed: state changing too quickly/);
    expect(done).to.deep.equal([
      "0 s: destroy",
      "4 s: destroy",
      "11 s: destroy",
      "21 s: destroy",
      "34 s: destroy",
    ]);
  });

  it("goes on when it fails twice", async () => {
    const { clock, destroy, done } = lab(10 * minute, {
      calls: (call) => (call <= 2 ? failed : undefined),
      taken: (call) => call > 2,
      goneAfter: 5 * minute,
    });
    expect(await clock.run(message(destroy()))).to.match(/^dying → gone/);
    expect(done).to.have.length(3);
  });

  it("is not called again when the controller refuses it", async () => {
    const refused: DestroyAnswer = { kind: "refused", reason: "blocked", cause: "disabled" };
    const { clock, destroyOnly, done } = lab(10 * minute, { calls: () => refused, taken: () => false });
    expect(await clock.run(message(destroyOnly()))).to.match(/failed: blocked/);
    expect(done).to.deep.equal(["0 s: destroy"]);
  });
});
