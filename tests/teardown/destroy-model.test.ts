import { expect } from "chai";
import { jujuError } from "../../teardown/clients/juju/errors.ts";
import type { DestroyAnswer, JujuClient, JujuModel, Presence } from "../../teardown/clients/juju.ts";
import { confirmGone, destroyModel } from "../../teardown/destroy-model.ts";
import {
  contextWith,
  fakeJuju,
  keptRow,
  memoryRun,
  model,
  modelUuid,
  problemOf,
  recordedModel,
} from "./support/fakes.ts";

const gone: Presence = { state: "gone" };
const alive = (more: Partial<JujuModel> = {}): Presence => ({ state: "alive", model: model(more) });
const dying: Presence = { state: "dying", model: model({ life: "dying", status: "destroying" }) };
const reportedGone: DestroyAnswer = { kind: "reported-gone" };
type Call = { answer: DestroyAnswer; seen?: Presence; takes?: number };

/** A model as it is seen, what each destroy-model answers, and how the model is seen after it. */
const setUp = (
  first: Presence,
  calls: Call[],
  more: Partial<JujuClient> = {},
  settings: Record<string, unknown> = {},
) => {
  let now = first;
  const left = [...calls];
  const called: string[] = [];
  const removed: string[][] = [];
  const context = contextWith({
    settings,
    juju: fakeJuju([], {
      presence: async () => now,
      destroyModel: async (uuid, { onProgress, limit }) => {
        called.push(uuid);
        const call = left.shift();
        if (!call) throw new Error("one destroy-model too many");
        onProgress({ machines: 2, applications: 1, errors: 0 } as Parameters<typeof onProgress>[0]);
        await context.clock.sleep(call.takes ?? (call.answer.kind === "stopped" ? limit : 1_000));
        now = call.seen ?? now;
        return call.answer;
      },
      removeMachines: async (_uuid, ids) => {
        removed.push(ids);
        return { removed: ids, complaints: [] };
      },
      ...more,
    }),
  });
  const run = memoryRun(undefined, context.clock.now);
  const row = keptRow();
  return {
    destroy: () => destroyModel({ context, run, row, recorded: recordedModel }),
    called,
    removed,
    run,
    row,
  };
};
const named = (run: ReturnType<typeof memoryRun>, name: string) =>
  run.journal.events().filter(({ event }) => event === name);

describe("destruction of the model", () => {
  it("calls destroy-model once by UUID, and returns when the model is gone", async () => {
    const { destroy, called, run, row } = setUp(alive(), [{ answer: reportedGone, seen: gone }]);
    expect(await destroy()).to.match(/^alive → dying → gone in /);
    expect(called).to.deep.equal([modelUuid]);
    expect(named(run, "destroy-model-called")).to.have.length(1);
    expect(named(run, "destroy-model-answered")[0]).to.include({ kind: "reported-gone", attempt: 1 });
    expect(row.told.some(({ text }) => /2 machines, 1 application/.test(text))).to.equal(true);
  });

  it("calls nothing for a model that is gone", async () => {
    const { destroy, run } = setUp(gone, []);
    expect(await destroy()).to.equal("gone");
    expect(named(run, "destroy-model-called")).to.deep.equal([]);
  });

  it("does not believe juju's exit: what is still there is destroyed again", async () => {
    const lost: DestroyAnswer = { kind: "lost-connection", reason: "api closed" };
    const { destroy, called } = setUp(alive(), [
      { answer: lost, seen: dying },
      { answer: reportedGone, seen: gone },
    ]);
    expect(await destroy()).to.match(/gone in /);
    expect(called).to.have.length(2);
  });

  it("destroys nothing by a guess: what cannot be seen is looked at again", async () => {
    const looks: Presence[] = [{ state: "unclear", why: "juju says: no" }, { state: "unclear" }, gone, gone];
    const { destroy, called, row } = setUp(gone, [], { presence: async () => looks.shift() ?? gone });
    expect(await destroy()).to.equal("gone");
    expect(called).to.deep.equal([]);
    expect(row.told.some(({ text }) => text.includes("cannot be seen for sure: juju says: no"))).to.equal(
      true,
    );
  });

  it("never destroys a model that became the controller's, suspended, or another one's", async () => {
    for (const more of [{ isController: true }, { status: "suspended" }, { name: "eve/openstack" }]) {
      const { destroy, called } = setUp(alive(more), []);
      const { code, message } = await problemOf(destroy());
      expect([code, called.length]).to.deep.equal(["refused", 0]);
      expect(message).to.include("nothing was destroyed");
    }
  });

  it("never destroys a model that a machine has joined since the guards looked", async () => {
    const joined = { id: "7", instanceId: "ddd333", hostname: "stranger", displayName: "", containers: [] };
    const { destroy, called } = setUp(alive(), [], { machines: async () => [joined] });
    const { code, message } = await problemOf(destroy());
    expect([code, called.length]).to.deep.equal(["refused", 0]);
    expect(message).to.include("stranger ddd333").and.to.include("alsoDestroyed");
  });

  it("does not ask again for what the controller refuses", async () => {
    const blocked: DestroyAnswer = {
      kind: "refused",
      reason: "disabled by juju disable-command",
      cause: "disabled",
    };
    const { destroy, called } = setUp(alive(), [{ answer: blocked }]);
    const { code, message } = await problemOf(destroy());
    expect([code, called.length]).to.deep.equal(["model", 1]);
    expect(message)
      .to.include("disabled by juju disable-command")
      .and.to.include("juju show-model maas-lab:admin/openstack");
  });

  it("tries a call that failed three times in a row, and no more", async () => {
    const failed: DestroyAnswer = { kind: "failed", reason: "database is busy", cause: "failed" };
    const giving = setUp(alive(), Array(4).fill({ answer: failed }));
    expect((await problemOf(giving.destroy())).message).to.include("database is busy");
    expect(giving.called).to.have.length(3);
    const recovering = setUp(alive(), [
      { answer: failed },
      { answer: failed },
      { answer: reportedGone, seen: gone },
    ]);
    expect(await recovering.destroy()).to.match(/gone in /);
  });

  describe("that is stuck", () => {
    const limit: DestroyAnswer = { kind: "stopped", by: "limit", accepted: true, reason: "not done" };
    const machines = async () =>
      ["0", "1"].map((id) => ({
        id,
        instanceId: "aaa000",
        hostname: "openstack0",
        displayName: "",
        containers: [],
      }));

    it("has its machines removed by force after stuckAfter, as the runbook says, and is destroyed again", async () => {
      const calls = [
        { answer: limit, seen: dying },
        { answer: reportedGone, seen: gone },
      ];
      const { destroy, called, removed, run, row } = setUp(
        alive(),
        calls,
        { machines },
        { stuckAfter: "10m" },
      );
      await destroy();
      expect([called.length, removed]).to.deep.equal([2, [["0", "1"]]]);
      expect(named(run, "remove-machines-called")[0]).to.deep.include({ uuid: modelUuid, ids: ["0", "1"] });
      expect(row.told.find(({ tone }) => tone === "warn")?.text).to.match(
        /removing machines 0 \(\S+\), 1 \(\S+\) by force/,
      );
    });

    it("goes on when the removal fails, or there is no machine left to remove", async () => {
      const calls = [
        { answer: limit, seen: dying },
        { answer: limit, seen: dying },
        { answer: reportedGone, seen: gone },
      ];
      const failing = async () => {
        throw jujuError("failed", "cannot remove");
      };
      expect(await setUp(alive(), calls, { machines, removeMachines: failing }).destroy()).to.match(
        /gone in /,
      );
      const none = setUp(alive(), calls);
      expect(await none.destroy()).to.match(/gone in /);
      expect(none.removed).to.deep.equal([]);
    });
  });

  it("ends when it is stopped from outside, and says what goes on", async () => {
    const stopping = new AbortController();
    stopping.abort("cancelled by the operator");
    const context = contextWith({ signal: stopping.signal });
    const { code, message } = await problemOf(
      destroyModel({ context, run: memoryRun(), row: keptRow(), recorded: recordedModel }),
    );
    expect(code).to.equal("interrupted");
    expect(message).to.include("Juju goes on destroying the model by itself");
  });
});

describe("whether the model is gone", () => {
  it("is believed when two looks in a row say so, and not before", async () => {
    const looking = (...looks: Presence[]) =>
      confirmGone(
        contextWith({ juju: fakeJuju([], { presence: async () => looks.shift() ?? alive() }) }),
        recordedModel,
      );
    expect((await looking(gone, gone)).state).to.equal("gone");
    expect((await looking(gone, dying)).state).to.equal("dying");
    expect((await looking(dying, gone)).state).to.equal("dying");
    expect((await looking(gone, { state: "unclear" })).state).to.equal("unclear");
  });
});
