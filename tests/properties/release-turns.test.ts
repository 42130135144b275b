import { expect } from "chai";
import { type MaasMachine, type ReleaseAnswer, turns } from "../../clients/maas.ts";
import { machineLooks } from "../../teardown/machine-looks.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import { releaseMachine } from "../../teardown/release-machine.ts";
import { machineIn, quietAround, stage, withMaas } from "./support/stage.ts";

const names = ["aaaa00", "bbbb00"];
const powerOff = 400_000;

/** Releases two machines with one turn, so that the second waits until MAAS has powered off the first. */
const releaseBoth = async (
  second: (seconds: number) => Partial<MaasMachine> | "gone" = () => ({}),
  cancelAfter?: number,
) => {
  const { clock, context: whole, run, row, said } = stage(0);
  const cancelling = new AbortController();
  const context = { ...whole, signal: cancelling.signal };
  if (cancelAfter !== undefined)
    void whole.clock.sleep(cancelAfter).then(() => cancelling.abort("cancelled by the operator"));
  const start = clock.now();
  const passed = () => Math.round((clock.now() - start) / 1_000);
  const sent: string[] = [];
  const released = new Set<string>();
  const now = (systemId: string): MaasMachine | undefined => {
    const change = systemId === "bbbb00" ? second(passed()) : {};
    return change === "gone"
      ? undefined
      : machineIn(systemId, released.has(systemId) ? 4 : 6, { osystem: "ubuntu", ...change });
  };
  const maas = await withMaas(context, {
    machine: async (systemId) => now(systemId),
    machines: async ({ systemIds = [] }) => systemIds.flatMap((id) => now(id) ?? []),
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
    look: machineLooks(maas),
    turns: turns(1),
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
    const { texts, sent, said, called } = await releaseBoth();
    expect(sent).to.deep.equal(["aaaa00 after 0 s", "bbbb00 after 400 s"]);
    expect(called).to.deep.equal(names);
    expect(said.filter((text) => text.includes("waits for its turn"))).to.have.length(1);
    for (const text of texts) expect(text).to.match(/Ready in /);
  });

  it("is not sent when somebody took the machine meanwhile", async () => {
    const { texts, sent, called } = await releaseBoth((seconds) =>
      seconds >= 100 ? { owner: "somebody" } : {},
    );
    expect(sent).to.deep.equal(["aaaa00 after 0 s"]);
    expect(called).to.deep.equal(["aaaa00"]);
    expect(texts[0]).to.match(/Ready in /);
    expect(texts[1]).to.include("is owned by somebody now").and.to.include("this machine was not touched");
  });

  it("is not sent when the machine has become Ready meanwhile", async () => {
    const { texts, sent } = await releaseBoth((seconds) =>
      seconds >= 100 ? { status: 4, statusName: "Ready" } : {},
    );
    expect(sent).to.have.length(1);
    expect(texts[1]).to.match(/^Deployed → Ready in /);
  });

  it("is not sent when the machine is gone meanwhile", async () => {
    const { texts, sent } = await releaseBoth((seconds) => (seconds >= 100 ? "gone" : {}));
    expect(sent).to.have.length(1);
    expect(texts[1]).to.include("is no longer in MAAS; expected: Ready");
  });

  it("is not sent when the operator cancels meanwhile", async () => {
    const { texts, called } = await releaseBoth(undefined, 100_000);
    expect(called).to.deep.equal(["aaaa00"]);
    for (const text of texts) expect(text).to.include("cancelled by the operator");
  });
});
