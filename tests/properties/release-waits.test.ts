import { expect } from "chai";
import { type MaasMachine, type ReleaseAnswer, turns } from "../../teardown/clients/maas.ts";
import { machineLook } from "../../teardown/look.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import { releaseMachine } from "../../teardown/release-machine.ts";
import { machineIn, quietAround, stage, withMaas } from "./support/stage.ts";

const minute = 60_000;
const { hostname, systemId } = { hostname: "abcd00", systemId: "abcd00" };

type Plan = {
  /** When MAAS has powered it off; never without it. */
  offAfter?: number;
  /** When MAAS answers the release: after the power-off without it. */
  answersAfter?: number;
  deadline?: number;
  /** For how long it was Releasing when an earlier destroy saw it last; then no release is sent. */
  releasingFor?: number;
};

/** Releases a machine whose power goes off late, or never. */
const release = async ({ offAfter, answersAfter, deadline, releasingFor }: Plan) => {
  const { clock, context: whole, run, row, said } = stage(1);
  const stopping = new AbortController();
  const context = { ...whole, signal: stopping.signal };
  const began = clock.now();
  if (releasingFor !== undefined) {
    run.journal.write({
      event: "machine-state",
      hostname,
      systemId,
      from: "Deployed",
      to: "Releasing",
      seenBy: "answer",
    });
    await clock.run(new Promise<void>((resolve) => void clock.after(releasingFor, resolve)));
  }
  const start = clock.now();
  if (deadline !== undefined)
    clock.after(deadline, () => stopping.abort({ why: "deadline", after: deadline }));
  let sent = releasingFor !== undefined;
  const now = (): MaasMachine => {
    if (!sent) return machineIn(systemId, 6, { powerState: "on" });
    const isOff = offAfter !== undefined && clock.now() - start >= offAfter;
    return machineIn(systemId, isOff ? 4 : 12, { powerState: isOff ? "off" : "on" });
  };
  const maas = await withMaas(context, {
    machine: async () => now(),
    machines: async ({ statuses }) => (statuses && now().status === 12 ? [] : [now()]),
    releasedSince: async () => undefined,
    release: async (_id, { signal }): Promise<ReleaseAnswer> => {
      sent = true;
      await context.clock.sleep(answersAfter ?? offAfter ?? 24 * 60 * minute, signal);
      return { kind: "accepted", machine: machineIn(systemId, 12) };
    },
  });
  const work = releaseMachine({
    context: maas,
    run,
    row,
    recorded: { hostname, systemId, owner: "maas-admin" },
    poller: readyPoller(maas),
    look: machineLook(maas),
    turns: turns(16),
    around: quietAround(context),
  });
  const text = await clock.run(work.catch((error: Error) => error.message));
  return { text, said, took: clock.now() - start, waited: clock.now() - began };
};

const free = "maas admin machine power-off abcd00";

describe("a machine that stays Releasing", () => {
  for (const answersAfter of [100, undefined])
    it(`has its power on its row, ${answersAfter ? "after" : "before"} MAAS has answered the release`, async () => {
      const { text, said } = await release({ offAfter: 100_000, ...(answersAfter && { answersAfter }) });
      expect(text).to.match(/^Deployed → .*Ready in /);
      const power = said.filter((line) => line.startsWith("power still on for "));
      expect(power.length).to.be.within(3, 5);
      for (const line of power) expect(line.length).to.be.at.most(80);
      expect(power[0]).to.match(/^power still on for [23]\d s; Releasing since 14:00:\d\dZ$/);
      expect(said.join("\n")).to.not.include(free);
    });

  it("says nothing of the power when it goes off soon", async () => {
    const { said } = await release({ offAfter: 15_000, answersAfter: 100 });
    expect(said.some((line) => line.includes("power still on"))).to.equal(false);
  });

  it("is named after 6 minutes with the command that frees it, and waited for until the deadline", async () => {
    const { text, said, took } = await release({ answersAfter: 100, deadline: 30 * minute });
    expect(took).to.equal(30 * minute);
    expect(said.find((line) => line.startsWith("stuck"))).to.include(`stuck; to free it: ${free}`);
    expect(text)
      .to.match(/^the deadline of 30 min has passed; abcd00 has been Releasing for (29 min|30 min)/)
      .and.to.include(`To free it: ${free}`);
  });

  it("is not called stuck when the deadline comes before that", async () => {
    const { text, said } = await release({ answersAfter: 100, deadline: 5 * minute });
    expect(text).to.include("MAAS goes on releasing").and.to.not.include(free);
    expect(said.join("\n")).to.not.include(free);
  });

  it("ends when somebody frees it", async () => {
    const { text } = await release({ answersAfter: 100, offAfter: 8 * minute });
    expect(text).to.match(/^Deployed → Releasing → Ready in 8 min/);
  });

  it("has been so since an earlier destroy saw it", async () => {
    const { said, took } = await release({ releasingFor: 10 * minute, deadline: minute });
    expect(took).to.equal(minute);
    expect(said.join("\n")).to.include(`stuck; to free it: ${free}`);
  });
});
