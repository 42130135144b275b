import { expect } from "chai";
import { jujuError } from "../../teardown/clients/juju/errors.ts";
import type { DestroyAnswer, JujuClient, JujuModel, Presence } from "../../teardown/clients/juju.ts";
import { confirmGone, destroyModel, followReaping, waitUntilDying } from "../../teardown/destroy-model.ts";
import {
  contextWith,
  fakeJuju,
  keptRow,
  memoryRun,
  model,
  modelUuid,
  otherUuid,
  problemOf,
  quickClock,
  recordedModel,
  start,
} from "./support/fakes.ts";

const gone: Presence = { state: "gone" };
const alive = (more: Partial<JujuModel> = {}): Presence => ({ state: "alive", model: model(more) });
const dying: Presence = { state: "dying", model: model({ life: "dying", status: "destroying" }) };
const reportedGone: DestroyAnswer = { kind: "reported-gone" };
const limit: DestroyAnswer = { kind: "stopped", by: "limit", accepted: true, reason: "not done" };
type Call = { answer: DestroyAnswer; seen?: Presence; takes?: number; quiet?: true };

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
      destroyModel: async (uuid, { onProgress, limit, signal }) => {
        called.push(uuid);
        const call = left.shift();
        if (!call) throw new Error("one destroy-model too many");
        if (!call.quiet)
          onProgress({ machines: 2, applications: 1, errors: 0 } as Parameters<typeof onProgress>[0]);
        // What the controller has taken is seen while juju still waits for the end.
        const waits = call.takes ?? (call.answer.kind === "stopped" ? limit : 1_000);
        if (waits > 1_000) now = call.seen ?? now;
        await context.clock.sleep(waits, signal);
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
    follow: () => followReaping({ context, run, row, recorded: recordedModel }),
    called,
    removed,
    run,
    row,
  };
};
const named = (run: ReturnType<typeof memoryRun>, name: string) =>
  run.journal.events().filter(({ event }) => event === name);

describe("destruction of the model", () => {
  it("calls destroy-model once by UUID, and returns when juju tells of its progress", async () => {
    const { destroy, called, run } = setUp(alive(), [{ answer: limit, seen: dying }]);
    expect(await destroy()).to.match(/^alive → dying in /);
    expect(called).to.deep.equal([modelUuid]);
    expect(named(run, "destroy-model-called")).to.have.length(1);
    expect(named(run, "destroy-model-answered")[0]).to.include({ attempt: 1, took: 0 });
    expect(named(run, "model-state").map((each) => "state" in each && each.state)).to.deep.equal([
      "alive",
      "dying",
    ]);
  });

  it("returns when a look shows the model dying, although juju says nothing", async () => {
    const { destroy, called, run } = setUp(alive(), [{ answer: limit, seen: dying, quiet: true }]);
    expect(await destroy()).to.match(/^alive → dying in /);
    expect(called).to.have.length(1);
    const [answered] = named(run, "destroy-model-answered");
    expect(answered && "took" in answered && answered.took).to.be.lessThan(60_000);
  });

  it("returns when the model is gone at once", async () => {
    const { destroy, called } = setUp(alive(), [{ answer: reportedGone, seen: gone, quiet: true }]);
    expect(await destroy()).to.match(/^alive → gone in /);
    expect(called).to.have.length(1);
  });

  it("calls nothing for a model that is gone, or dying already", async () => {
    for (const [seen, told] of [
      [gone, "gone"],
      [dying, "dying"],
    ] as const) {
      const { destroy, run } = setUp(seen, []);
      expect(await destroy()).to.equal(told);
      expect(named(run, "destroy-model-called")).to.deep.equal([]);
    }
  });

  it("does not believe juju's exit: what is still alive is destroyed again", async () => {
    const lost: DestroyAnswer = { kind: "lost-connection", reason: "api closed" };
    const { destroy, called } = setUp(alive(), [
      { answer: lost },
      { answer: reportedGone },
      { answer: reportedGone, seen: gone },
    ]);
    expect(await destroy()).to.match(/gone in /);
    expect(called).to.have.length(3);
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
      .and.to.include("juju enable-command destroy-model -m maas-lab:admin/openstack");
  });

  it("says how to log in again when Juju wants that, at once", async () => {
    const expired: DestroyAnswer = {
      kind: "refused",
      reason: "please enter password",
      cause: "login-expired",
    };
    const { destroy, called } = setUp(alive(), [{ answer: expired }]);
    expect((await problemOf(destroy())).message).to.include("juju login -c maas-lab");
    expect(called).to.have.length(1);
  });

  it("makes a call in vain five times, ever later, and no more", async () => {
    const failed: DestroyAnswer = { kind: "failed", reason: "database is busy", cause: "failed" };
    const lost: DestroyAnswer = { kind: "lost-connection", reason: "api closed" };
    for (const [answer, said] of [
      [failed, "database is busy"],
      [lost, "api closed"],
      [reportedGone, "juju reported the end, and the model is still there"],
    ] as const) {
      const giving = setUp(alive(), Array(6).fill({ answer }));
      expect((await problemOf(giving.destroy())).message).to.include(said);
      expect(giving.called).to.have.length(5);
    }
    const recovering = setUp(alive(), [
      { answer: failed },
      { answer: failed },
      { answer: reportedGone, seen: gone },
    ]);
    expect(await recovering.destroy()).to.match(/gone in /);
  });

  it("ends when it is stopped from outside, and says what goes on", async () => {
    const stopping = new AbortController();
    const context = contextWith({
      signal: stopping.signal,
      juju: fakeJuju([], {
        presence: async () => alive(),
        destroyModel: async () => {
          stopping.abort({ why: "cancelled" });
          return { kind: "stopped", by: "abort", accepted: true, reason: "abort" };
        },
      }),
    });
    const destroy = () =>
      destroyModel({ context, run: memoryRun(), row: keptRow(), recorded: recordedModel });
    const { code, message } = await problemOf(destroy());
    expect(code).to.equal("interrupted");
    expect(message).to.include("Juju goes on destroying the model by itself");
    expect((await problemOf(destroy())).message).to.include("nothing was destroyed");
  });
});

describe("the model's reaping", () => {
  const machines = async () =>
    ["0", "1"].map((id) => ({
      id,
      instanceId: "aaa000",
      hostname: "openstack0",
      displayName: "",
      containers: [],
    }));
  const afterwards = (...looks: Presence[]) => ({ presence: async () => looks.shift() ?? gone });

  it("is followed until the model is gone, without a call, with Juju's own words on the row", async () => {
    const cleaning: Presence = {
      state: "dying",
      model: model({ life: "dying", statusMessage: "2 machines" }),
    };
    const { follow, row, run } = setUp(gone, [], afterwards(cleaning, dying, { state: "unclear" }, dying));
    expect(await follow()).to.match(/^dying → gone in /);
    expect(row.told.some(({ text }) => text.includes("2 machines"))).to.equal(true);
    expect(row.told.some(({ text }) => text.includes("cannot be seen for sure"))).to.equal(true);
    expect(named(run, "destroy-model-called")).to.deep.equal([]);
  });

  it("believes nothing that another controller says of the model", async () => {
    const elsewhere: Presence = {
      state: "unclear",
      model: model(),
      reasons: [{ code: "other-controller", expected: "a", found: ["b"] }],
    };
    const { follow, called, row } = setUp(gone, [], afterwards(elsewhere, elsewhere));
    expect(await follow()).to.equal("gone");
    expect(called).to.deep.equal([]);
    expect(row.told.some(({ text }) => text.includes("cannot be seen for sure"))).to.equal(true);
  });

  it("has nothing to do for a model that is gone", async () => {
    expect(await setUp(gone, []).follow()).to.equal("gone");
  });

  it("refuses a model that is alive, and calls nothing", async () => {
    const { follow, called, removed, run } = setUp(alive(), [], { machines });
    const { code, message } = await problemOf(follow());
    expect(code).to.equal("refused");
    expect(message).to.include("the model admin/openstack is alive").and.to.include("pulumi up");
    expect([called, removed]).to.deep.equal([[], []]);
    expect(run.journal.events()).to.deep.equal([]);
  });

  it("refuses a dying model that is suspended: it would never go away", async () => {
    const suspended = model({ life: "dying", status: "suspended" });
    const { follow } = setUp({ state: "dying", model: suspended }, []);
    const { code, message } = await problemOf(follow());
    expect(code).to.equal("refused");
    expect(message).to.include("does not go away like this").and.to.include("juju update-credential");
  });

  describe("that is stuck", () => {
    it("has its machines removed by force after stuckAfter, as the runbook says, and is destroyed again", async () => {
      const { follow, called, removed, run, row } = setUp(
        dying,
        [{ answer: reportedGone, seen: gone }],
        { machines },
        { stuckAfter: "10m" },
      );
      expect(await follow()).to.match(/^dying → gone in /);
      expect([called.length, removed]).to.deep.equal([1, [["0", "1"]]]);
      expect(named(run, "remove-machines-called")[0]).to.deep.include({ uuid: modelUuid, ids: ["0", "1"] });
      expect(row.told.find(({ tone }) => tone === "warn")?.text).to.match(
        /removing machines 0 \(\S+\), 1 \(\S+\) by force/,
      );
    });

    it("says which round it is, when the next comes, and when the deadline is", async () => {
      const { follow, row, run } = setUp(
        dying,
        [{ answer: limit }, { answer: limit }, { answer: reportedGone, seen: gone }],
        { machines },
        { stuckAfter: "10m", deadline: "60m" },
      );
      run.journal.write({ event: "destroy-started", pid: 1, user: "", host: "", settings: {} });
      await follow();
      const warned = row.told.filter(({ tone }) => tone === "warn").map(({ text }) => text);
      expect(warned.map((text) => /^still dying after \d+ min/.exec(text)?.[0])).to.deep.equal([
        "still dying after 10 min",
        "still dying after 20 min",
        "still dying after 30 min",
      ]);
      expect(warned[0]).to.match(/by force, round 1; again at 14:20:\d\dZ, until the deadline at 15:00:00Z$/);
      expect(warned[2]).to.match(/round 3; again at 14:40:\d\dZ/);
    });

    it("goes on when the removal fails, or there is no machine left to remove", async () => {
      const calls: Call[] = [{ answer: limit }, { answer: reportedGone, seen: gone }];
      const failing = async () => {
        throw jujuError("failed", "cannot remove");
      };
      expect(await setUp(dying, calls, { machines, removeMachines: failing }).follow()).to.match(/gone in /);
      const none = setUp(dying, calls);
      expect(await none.follow()).to.match(/gone in /);
      expect([none.called.length, none.removed]).to.deep.equal([2, []]);
    });

    it("ends when the controller refuses the further call", async () => {
      const blocked: DestroyAnswer = { kind: "refused", reason: "disabled", cause: "disabled" };
      const { follow, called } = setUp(dying, [{ answer: blocked }]);
      expect((await problemOf(follow())).code).to.equal("model");
      expect(called).to.have.length(1);
    });
  });

  it("says first how much is left, and at the deadline what Juju says and where to look", async () => {
    const stopping = new AbortController();
    const words =
      "attempt 7 to destroy model failed (will retry):  model not empty, found 2 machines, 1 application (model not empty)";
    const stays: Presence = { state: "dying", model: model({ life: "dying", statusMessage: words }) };
    const clock = quickClock();
    const context = contextWith({
      clock,
      signal: stopping.signal,
      settings: { stuckAfter: "50m" },
      juju: fakeJuju([], {
        presence: async () => {
          if (clock.now() - start > 240_000) stopping.abort({ why: "deadline", after: 240_000 });
          return stays;
        },
      }),
    });
    const row = keptRow();
    const { code, message } = await problemOf(
      followReaping({ context, run: memoryRun(undefined, clock.now), row, recorded: recordedModel }),
    );
    expect(row.told.map(({ text }) => text)).to.include.members([
      "2 machines, 1 application left; dying",
      "2 machines, 1 application left, 3 min; dying",
    ]);
    expect(code).to.equal("deadline");
    expect(message)
      .to.match(/^the deadline of 4 min has passed; the model admin\/openstack is still there\n/)
      .and.to.include(`Juju says: ${words}`)
      .and.to.include("juju status -m maas-lab:admin/openstack; juju storage -m maas-lab:admin/openstack")
      .and.to.include("pulumi destroy -c deadline=");
  });

  it("ends when it is stopped from outside, and says what goes on", async () => {
    const stopping = new AbortController();
    stopping.abort({ why: "cancelled" });
    const context = contextWith({ signal: stopping.signal });
    const { code, message } = await problemOf(
      followReaping({ context, run: memoryRun(), row: keptRow(), recorded: recordedModel }),
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
        memoryRun(),
      );
    expect((await looking(gone, gone)).state).to.equal("gone");
    expect((await looking(gone, dying)).state).to.equal("dying");
    expect((await looking(dying, gone)).state).to.equal("dying");
    expect((await looking(gone, { state: "unclear" })).state).to.equal("unclear");
  });

  it("is believed by the machines that wait for it too, of what can never be proved: they do not wait until the deadline", async () => {
    const stopping = new AbortController();
    const run = memoryRun();
    run.journal.write({ event: "model-state", uuid: modelUuid, state: "dying", text: "" });
    const hidden: Presence = {
      state: "unclear",
      reasons: [{ code: "controller-model-not-visible", shown: "forbidden" }],
    };
    let looks = 0;
    const presence = async () => {
      if (++looks > 5) stopping.abort({ why: "deadline", after: 1 });
      return hidden;
    };
    const going = (settings: Record<string, unknown>) =>
      waitUntilDying(
        contextWith({ juju: fakeJuju([], { presence }), signal: stopping.signal, settings }),
        run,
        recordedModel,
        keptRow(),
      );
    await going({ acceptUnproven: modelUuid });
    expect((await problemOf(going({}))).code).to.equal("deadline");
  });

  it("is believed of what can never be proved when that is accepted, this run saw it dying, and nothing else speaks against it", async () => {
    const hidden: Presence = {
      state: "unclear",
      reasons: [{ code: "controller-model-not-visible", shown: "forbidden" }],
    };
    const looking = async (
      seen: Presence,
      {
        acceptUnproven = modelUuid,
        was = "dying",
      }: { acceptUnproven?: string; was?: "alive" | "dying" } = {},
    ) => {
      const run = memoryRun();
      run.journal.write({ event: "model-state", uuid: modelUuid, state: was, text: "" });
      const juju = fakeJuju([], { presence: async () => seen });
      return (await confirmGone(contextWith({ juju, settings: { acceptUnproven } }), recordedModel, run))
        .state;
    };
    expect(await looking(hidden)).to.equal("gone");
    expect(await looking(hidden, { acceptUnproven: "" })).to.equal("unclear");
    expect(await looking(hidden, { acceptUnproven: otherUuid })).to.equal("unclear");
    expect(await looking(hidden, { was: "alive" })).to.equal("unclear");
    const [reason] = hidden.reasons ?? [];
    const speaksAgainst: Presence["reasons"][] = [
      [{ code: "controller-model-not-visible" }],
      [{ code: "unexplained-line", lines: ["settings not found"] }],
      [{ code: "other-controller", expected: "a", found: ["b"] }],
    ];
    for (const reasons of speaksAgainst)
      expect(
        await looking({ state: "unclear", reasons: [...(reason ? [reason] : []), ...(reasons ?? [])] }),
      ).to.equal("unclear");
    expect(await looking({ state: "unclear" })).to.equal("unclear");
    expect(await looking({ ...dying, reasons: hidden.reasons ?? [] })).to.equal("dying");
  });
});
