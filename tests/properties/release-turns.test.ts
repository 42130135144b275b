import { expect } from "chai";
import { type MaasMachine, type ReleaseAnswer, turns } from "../../teardown/clients/maas.ts";
import { machineLook } from "../../teardown/look.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import { releaseMachine } from "../../teardown/release-machine.ts";
import { machineIn, quietAround, stage, withMaas } from "./support/stage.ts";

const names = ["aaaa00", "bbbb00", "cccc00"];
const powerOff = 400_000;

type Change = (seconds: number) => Partial<MaasMachine> | "gone";
/** @param change what becomes of the second machine */
type Plan = { change?: Change; cancelAfter?: number; atOnce?: number; firstLookTakes?: number };

/** Releases three machines, usually with one turn, so that each waits until MAAS has powered off the one before it. */
const releaseAll = async ({ change = () => ({}), cancelAfter, atOnce = 1, firstLookTakes = 0 }: Plan) => {
  const { clock, context: whole, run, row, said } = stage(0);
  const cancelling = new AbortController();
  const context = { ...whole, signal: cancelling.signal };
  if (cancelAfter !== undefined)
    void whole.clock.sleep(cancelAfter).then(() => cancelling.abort({ why: "cancelled" }));
  const start = clock.now();
  const passed = () => Math.round((clock.now() - start) / 1_000);
  const sent: string[] = [];
  const released = new Set<string>();
  const looked = new Set<string>();
  const now = (systemId: string): MaasMachine | undefined => {
    const changed = systemId === "bbbb00" ? change(passed()) : {};
    return changed === "gone"
      ? undefined
      : machineIn(systemId, released.has(systemId) ? 4 : 6, { osystem: "ubuntu", ...changed });
  };
  const maas = await withMaas(context, {
    machine: async (systemId) => {
      const seen = now(systemId);
      const isFirst = !looked.has(systemId);
      looked.add(systemId);
      if (isFirst) await context.clock.sleep(firstLookTakes, cancelling.signal);
      return seen;
    },
    machines: async ({ systemIds = [] }) => systemIds.flatMap((id) => now(id) ?? []),
    releasedSince: async () => undefined,
    release: async (systemId): Promise<ReleaseAnswer> => {
      sent.push(`${systemId} after ${passed()} s`);
      await context.clock.sleep(powerOff, cancelling.signal);
      released.add(systemId);
      return { kind: "accepted", machine: machineIn(systemId, 12) };
    },
  });
  const shared = {
    context: maas,
    run,
    row,
    poller: readyPoller(maas),
    look: machineLook(maas),
    turns: turns(atOnce),
  };
  const work = names.map((name) => {
    const recorded = { hostname: name, systemId: name, owner: "maas-admin", powerType: "ipmi" };
    return releaseMachine({ ...shared, recorded, around: quietAround(context) }).catch(
      (error: Error) => error.message,
    );
  });
  const texts = await clock.run(Promise.all(work));
  const called = run.journal
    .events()
    .flatMap((event) => (event.event === "release-called" ? [event.hostname] : []));
  return { texts, sent, said, called };
};

describe("a release that waits for its turn", () => {
  it("is sent, and written down as sent, when its turn has come", async () => {
    const { texts, sent, said, called } = await releaseAll({});
    expect(sent).to.deep.equal(["aaaa00 after 0 s", "bbbb00 after 400 s", "cccc00 after 800 s"]);
    expect(called).to.deep.equal(names);
    expect(said.filter((text) => text.startsWith("waiting for its turn"))).to.have.length(2);
    for (const text of texts) expect(text).to.match(/Ready in /);
  });

  const meanwhile: { what: string; change: Change; says: RegExp }[] = [
    {
      what: "somebody has taken the machine",
      change: () => ({ owner: "somebody" }),
      says: /this machine was not touched[\s\S]*is owned by somebody now/,
    },
    {
      what: "the machine has become Ready",
      change: () => ({ status: 4, statusName: "Ready" }),
      says: /^Deployed → Ready in /,
    },
    { what: "the machine is gone", change: () => "gone", says: /is no longer in MAAS; expected: Ready/ },
  ];
  for (const { what, change, says } of meanwhile) {
    it(`is not sent when ${what} meanwhile, and gives its turn to the next`, async () => {
      const { texts, sent, called } = await releaseAll({
        change: (seconds) => (seconds >= 100 ? change(seconds) : {}),
      });
      expect(sent).to.deep.equal(["aaaa00 after 0 s", "cccc00 after 400 s"]);
      expect(called).to.deep.equal(["aaaa00", "cccc00"]);
      expect(texts[1]).to.match(says);
      for (const other of [texts[0], texts[2]]) expect(other).to.match(/Ready in /);
    });

    it(`is not sent when ${what} while MAAS answered the first look`, async () => {
      const { texts, sent } = await releaseAll({
        change: (seconds) => (seconds >= 5 ? change(seconds) : {}),
        atOnce: 3,
        firstLookTakes: 14_000,
      });
      expect(sent).to.deep.equal(["aaaa00 after 14 s", "cccc00 after 14 s"]);
      expect(texts[1]).to.match(says);
    });
  }

  it("is not sent when the operator cancels meanwhile", async () => {
    const { texts, called } = await releaseAll({ cancelAfter: 100_000 });
    expect(called).to.deep.equal(["aaaa00"]);
    expect(texts[0]).to.include("cancelled by the operator; MAAS goes on with what it has begun");
    for (const text of texts.slice(1))
      expect(text).to.include("cancelled by the operator; this machine was not touched");
  });
});
