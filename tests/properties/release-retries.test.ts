import { expect } from "chai";
import { type MaasMachine, type ReleaseAnswer, turns } from "../../teardown/clients/maas.ts";
import { machineLook } from "../../teardown/look.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import { releaseMachine } from "../../teardown/release-machine.ts";
import { machineIn, quietAround, stage, withMaas } from "./support/stage.ts";

const recorded = { hostname: "abcd00", systemId: "abcd00", owner: "maas-admin", powerType: "ipmi" };

/** Releases one machine, whose releases fail until the given one. */
const release = async (
  goesWell: number,
  change?: (seconds: number) => Partial<MaasMachine>,
  cancelAfter?: number,
) => {
  const { clock, context: whole, run, row, said } = stage(1);
  const cancelling = new AbortController();
  const context = { ...whole, signal: cancelling.signal };
  const start = clock.now();
  if (cancelAfter !== undefined)
    void whole.clock.sleep(cancelAfter).then(() => cancelling.abort({ why: "cancelled" }));
  const sent: number[] = [];
  let status = 6;
  const now = () => machineIn("abcd00", status, change?.(Math.round((clock.now() - start) / 1_000)) ?? {});
  const maas = await withMaas(context, {
    machine: async () => now(),
    machines: async () => [now()],
    releasedSince: async () => undefined,
    release: async (): Promise<ReleaseAnswer> => {
      sent.push(Math.round((clock.now() - start) / 1_000));
      await context.clock.sleep(1_000);
      if (sent.length < goesWell)
        return { kind: "power-failed", status: 503, reason: "No rack controllers can access the BMC" };
      status = 4;
      return { kind: "accepted", machine: machineIn("abcd00", 12) };
    },
  });
  const work = releaseMachine({
    context: maas,
    run,
    row,
    recorded,
    poller: readyPoller(maas),
    look: machineLook(maas),
    turns: turns(16),
    around: quietAround(context),
  });
  const text = await clock.run(work.catch((error: Error) => error.message));
  return { text, sent, said, took: clock.now() - start, journal: run.journal.events() };
};

describe("a release that fails", () => {
  it("is sent again after 2, 4 and 8 s, and then given up with MAAS's reason", async () => {
    const { text, sent, journal } = await release(99);
    // Each answer takes a second.
    expect(sent).to.deep.equal([0, 3, 8, 17]);
    expect(text)
      .to.match(/is Deployed after 4 failed releases; expected: Ready/)
      .and.to.include("MAAS says: No rack controllers can access the BMC");
    const called = journal.filter(({ event }) => event === "release-called");
    expect(called.map((each) => "attempt" in each && each.attempt)).to.deep.equal([1, 2, 3, 4]);
  });

  for (const goesWell of [1, 2, 3, 4])
    it(`ends in Ready when release number ${goesWell} goes well`, async () => {
      const { text, sent, said } = await release(goesWell);
      expect(text).to.match(/^Deployed → .*Ready in /);
      expect(sent).to.have.length(goesWell);
      expect(said.filter((line) => line.includes("trying again"))).to.have.length(goesWell - 1);
    });

  it("is not sent again when somebody took the machine during the pause", async () => {
    const { text, sent } = await release(99, (seconds) => (seconds >= 2 ? { owner: "somebody" } : {}));
    expect(sent).to.deep.equal([0]);
    expect(text).to.include("is owned by somebody now");
  });

  it("is not sent again when the machine became Ready during the pause", async () => {
    const { text, sent } = await release(99, (seconds) =>
      seconds >= 2 ? { status: 4, statusName: "Ready" } : {},
    );
    expect(sent).to.deep.equal([0]);
    expect(text).to.match(/^Deployed → Ready in /);
  });

  it("is not sent again when the operator cancels during the pause, which ends at once", async () => {
    // The second release failed after 4 s; its pause would take until the eighth.
    const { text, sent, took } = await release(99, undefined, 5_000);
    expect(sent).to.deep.equal([0, 3]);
    expect(text).to.include("cancelled by the operator");
    expect(took).to.equal(5_000);
  });
});
