import { expect } from "chai";
import { jujuError } from "../../teardown/clients/juju/errors.ts";
import type { JujuErrorKind, Presence } from "../../teardown/clients/juju.ts";
import { jujuProblem } from "../../teardown/clients/juju.ts";
import { type ReleaseAnswer, turns } from "../../teardown/clients/maas.ts";
import type { Context } from "../../teardown/context.ts";
import { destroyModel, followReaping, waitUntilDying } from "../../teardown/destroy-model.ts";
import { machineLook } from "../../teardown/look.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import { releaseMachine } from "../../teardown/release-machine.ts";
import { maasFailure, model } from "../teardown/support/fakes.ts";
import { machineIn, quietAround, stage, withMaas } from "./support/stage.ts";

const away = 120_000;
const silent = /^MAAS does not answer since 14:\d\d:\d\dZ: nothing listens; waiting/;
const uuid = "u1";
const modelRecord = { name: "admin/openstack", uuid, controller: "maas-lab", controllerUuid: "c1" };
const recorded = { hostname: "abcd00", systemId: "abcd00", owner: "maas-admin" };

/** A release during which MAAS is away for two minutes, from the nth time on that this is asked. */
const release = async (
  call: "look" | "release" | "list" | "events" | "agent name" | "finished releases",
  begun = true,
  first: { status?: number; failing?: number; deadline?: number; machines?: number } = {},
) => {
  const { clock, context: staged, run, row, said } = stage(1);
  const stopping = new AbortController();
  const whole = { ...staged, signal: stopping.signal };
  const { deadline } = first;
  if (deadline !== undefined)
    clock.after(deadline, () => stopping.abort({ why: "deadline", after: deadline }));
  if (begun) run.journal.write({ event: "destroy-model-called", uuid, attempt: 1 });
  run.lab = { ...run.lab, model: modelRecord };
  const start = clock.now();
  let [backAt, sent, status, failing] = [0, 0, first.status ?? 6, first.failing ?? 0];
  const asked = async (what: typeof call): Promise<void> => {
    await whole.clock.sleep(10);
    if (what === call && backAt === 0) backAt = clock.now() + away;
    // Once it is away, nothing is answered.
    if (clock.now() >= backAt) return;
    await whole.clock.sleep(8_000);
    throw maasFailure("unreachable");
  };
  const now = () => machineIn("abcd00", status);
  const context = await withMaas(whole, {
    lookAt: async () => {
      await asked("look");
      return { kind: "seen", machine: now() };
    },
    machines: async ({ agentName }) => {
      await asked(agentName ? "agent name" : "list");
      return [now()];
    },
    releasedSince: async () => {
      await asked("finished releases");
      return undefined;
    },
    latestEvents: async () => {
      await asked("events");
      return [];
    },
    release: async (): Promise<ReleaseAnswer> => {
      await asked("release");
      sent += 1;
      status = failing-- > 0 ? 13 : 12;
      if (status === 12) clock.after(20_000, () => (status = 4));
      return { kind: "accepted", machine: machineIn("abcd00", 12) };
    },
  });
  const one = () =>
    releaseMachine({
      context,
      run,
      row,
      recorded,
      poller: readyPoller(context),
      look: machineLook(context),
      turns: turns(16),
      around: quietAround(context),
    });
  const works = Array.from({ length: first.machines ?? 1 }, () =>
    one().catch((error: Error) => error.message),
  );
  const texts = await clock.run(Promise.all(works));
  return { text: texts[0] ?? "", texts, sent, said, took: clock.now() - start };
};

describe("MAAS away for two minutes in the middle of a teardown", () => {
  for (const call of ["look", "release", "list", "agent name", "finished releases"] as const)
    it(`is waited for when the ${call} is not answered, and no failed release is counted`, async () => {
      const { text, sent, said, took } = await release(call);
      expect(text).to.match(/^Deployed → Releasing → Ready in [^,]*$/);
      expect(sent).to.equal(1);
      expect(took).to.be.within(away, away + 40_000);
      expect(said.some((line) => silent.test(line))).to.equal(true);
      // The row does not go on to say so when MAAS is back.
      expect(said.at(-1)).to.not.match(silent);
    });

  it("is waited for when the events of a failed release are not answered", async () => {
    const { text, sent, said } = await release("events", true, { failing: 1 });
    expect(text).to.match(/Ready in .*, after 1 failed release/);
    expect(sent).to.equal(2);
    expect(said.some((line) => silent.test(line))).to.equal(true);
  });

  it("ends a destroy that has touched nothing, at once", async () => {
    const { text, sent, took } = await release("look", false);
    expect(text).to.include("cannot be reached").and.to.include("Nothing was touched");
    expect([sent, took < 60_000]).to.deep.equal([0, true]);
  });

  it("is told once and not once a machine when nothing was touched", async () => {
    const { texts } = await release("look", false, { machines: 3 });
    expect(texts.filter((text) => text.includes("cannot be reached"))).to.have.length(1);
    expect(texts.filter((text) => text.includes("as another row says; nothing was touched"))).to.have.length(
      2,
    );
  });

  it("ends with the deadline, in the middle of the waiting", async () => {
    // The third call fails at 30 s; the wait after it would take until 33 s.
    const { text, took } = await release("look", true, { deadline: 31_000 });
    expect(took).to.equal(31_000);
    expect(text).to.match(/^the deadline of 31 s has passed; /);
  });
});

type JujuCall = "presence" | "machines" | "destroy-model" | "remove-machines";

/** What the rows of the model do while Juju is away for so long, from the first time on that this is asked. */
const destroy = async (options: {
  call: JujuCall;
  begun?: boolean;
  kind?: JujuErrorKind;
  takes?: number;
  row?: "model" | "reaping" | "machine";
}) => {
  const { call, begun = true, kind = "unreachable", takes = away } = options;
  const { clock, context: whole, run, row, said } = stage(1, 600_000);
  if (begun) run.journal.write({ event: "release-called", hostname: "x", systemId: "x", attempt: 1 });
  const start = clock.now();
  const goneAt = start + 900_000;
  let [life, backAt] = [options.row === "reaping" ? "dying" : "alive", 0];
  const done: string[] = [];
  const asked = async (what: JujuCall): Promise<void> => {
    await whole.clock.sleep(10);
    if (what === call && backAt === 0) backAt = clock.now() + takes;
    if (clock.now() >= backAt) return;
    await whole.clock.sleep(2_000);
    throw jujuError(kind, `${kind}: no route to host`);
  };
  const presence = async (): Promise<Presence> => {
    try {
      await asked("presence");
    } catch (error) {
      const problem = jujuProblem(error);
      if (!problem || kind !== "unreachable") throw error;
      return { state: "unclear", reasons: [{ code: "unreachable", problem }], why: "unreachable" };
    }
    if (clock.now() >= goneAt) return { state: "gone" };
    return {
      state: life === "alive" ? "alive" : "dying",
      model: model({ uuid, life, controllerUuid: "c1" }),
    };
  };
  const context: Context = {
    ...whole,
    // Its machine has no instance, so it is known by the model's UUID.
    settings: { ...whole.settings, alsoDestroyed: [`${modelRecord.uuid}:0`] },
    juju: {
      ...whole.juju,
      presence,
      machines: async () => {
        await asked("machines");
        return [{ id: "0", instanceId: "", hostname: "m0", displayName: "", containers: [] }];
      },
      removeMachines: async (_uuid, ids) => {
        await asked("remove-machines");
        done.push("remove");
        return { removed: ids, complaints: [] };
      },
      destroyModel: async () => {
        try {
          await asked("destroy-model");
        } catch (error) {
          const problem = jujuProblem(error);
          return { kind: "failed", reason: "no route", cause: kind, ...(problem && { problem }) };
        }
        done.push("destroy");
        life = "dying";
        return { kind: "stopped", by: "limit", accepted: true, reason: "limit" };
      },
    },
  };
  const all = { context, run, row, recorded: modelRecord };
  const work = async (): Promise<string> => {
    if (options.row === "machine") {
      life = "dying";
      await waitUntilDying(context, run, modelRecord, row);
      return "going";
    }
    const text = options.row === "reaping" ? "" : await destroyModel(all);
    return `${text}, ${await followReaping(all)}`;
  };
  const text = await clock.run(work().catch((error: Error) => error.message));
  return { text, said, done, took: clock.now() - start };
};

describe("Juju away for two minutes in the middle of a teardown", () => {
  const row = /^Juju does not answer since 14:\d\d:\d\dZ: .*no route to host; waiting/;
  for (const call of ["presence", "machines", "destroy-model", "remove-machines"] as const)
    it(`is waited for when ${call} is not answered`, async () => {
      const { text, said, done } = await destroy({ call });
      expect(text).to.match(/^alive → dying in .*, dying → gone in /);
      expect(said.some((line) => row.test(line))).to.equal(true);
      expect(done).to.deep.equal(["destroy", "remove", "destroy"]);
    });

  it("is waited for by a machine whose model has to be going", async () => {
    const { text, said, took } = await destroy({ call: "presence", row: "machine" });
    expect(text).to.equal("going");
    expect(took).to.be.within(away, away + 10_000);
    expect(said.some((line) => row.test(line))).to.equal(true);
  });

  it("ends a destroy that has touched nothing, at once", async () => {
    const { text, done, took } = await destroy({ call: "presence", begun: false });
    expect(text).to.include("no route to host").and.to.include("Nothing was touched");
    expect([done, took < 60_000]).to.deep.equal([[], true]);
  });

  for (const call of ["presence", "machines", "destroy-model", "remove-machines"] as const)
    it(`is no outage when ${call} finds that the login has expired: that ends it at once`, async () => {
      const { text, took } = await destroy({ call, kind: "login-expired", takes: 86_400_000 });
      expect(text).to.include("login-expired");
      expect(took).to.be.at.most(call === "remove-machines" ? 620_000 : 10_000);
    });
});
