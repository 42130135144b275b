import { expect } from "chai";
import {
  type MaasMachine,
  type MachineLook,
  type ReleaseAnswer,
  turns,
} from "../../teardown/clients/maas.ts";
import { machineLook } from "../../teardown/look.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import { releaseMachine } from "../../teardown/release-machine.ts";
import { machineIn, quietAround, stage, withMaas } from "./support/stage.ts";

const uuid = "11111111-1111-4111-8111-111111111111";
const other = "22222222-2222-4222-8222-222222222222";
const model = { name: "admin/openstack", uuid, controller: "maas-lab", controllerUuid: "c1" };
const recorded = { hostname: "abcd00", systemId: "abcd00", owner: "maas-admin" };

/** What MAAS shows of the machine; `agentName` it only filters by. */
type Shown = { more: Partial<MaasMachine>; status: number; agentName: string } | "forbidden";
const ours: Shown = {
  status: 6,
  agentName: uuid,
  more: { ownerData: { "juju-model-uuid": uuid }, osystem: "ubuntu" },
};

const whose: Record<string, Shown> = {
  "another model": {
    status: 6,
    agentName: other,
    more: { ownerData: { "juju-model-uuid": other }, osystem: "ubuntu" },
  },
  "another model, without owner_data": { status: 6, agentName: other, more: { osystem: "ubuntu" } },
  "the same user without Juju, allocated": { status: 10, agentName: "", more: {} },
  "the same user without Juju, deployed": { status: 6, agentName: "", more: { osystem: "ubuntu" } },
  "the same user without Juju, failed to deploy": { status: 11, agentName: "", more: {} },
  "the same user without Juju, failed to release": { status: 13, agentName: "", more: {} },
  "another user": { status: 10, agentName: "", more: { owner: "eve" } },
  "another user, for whom this key has no rights": "forbidden",
};

/** When somebody takes it, once a release of it has finished: ours, or Juju's. */
const moments = [
  "right after Ready, between two looks",
  "while MAAS has not answered our release",
  "before this destroy, seen Ready by the one before",
  "during the pause after a release that failed",
  "while it waits for its turn",
  "while MAAS answers the first look",
] as const;

type Moment = (typeof moments)[number] | "without having been Ready";

const play = async (who: Shown, when: Moment, releaseUnclaimed: string[] = []) => {
  const { clock, context: whole, run, row } = stage(1);
  run.lab = { ...run.lab, model };
  let shown: Shown = ours;
  let [finished, sent] = [0, 0];
  const seenAt = clock.now();
  const taken = () => {
    if (when !== "without having been Ready") finished = clock.now();
    shown = who;
  };
  const { sleep } = whole.clock;
  run.journal.write({ event: "destroy-model-called", uuid, attempt: 1 });
  if (when === "before this destroy, seen Ready by the one before") {
    const { hostname, systemId } = recorded;
    run.journal.write({
      event: "machine-state",
      hostname,
      systemId,
      from: "Releasing",
      to: "Ready",
      seenBy: "poll",
    });
    shown = who;
  }
  if (when === "without having been Ready") clock.after(100, taken);
  if (when === "while it waits for its turn") clock.after(30_000, taken);
  const now = () => (shown === "forbidden" ? undefined : machineIn("abcd00", shown.status, shown.more));
  const maas = await withMaas(whole, {
    lookAt: async (): Promise<MachineLook> => {
      await sleep(10);
      const machine = now();
      const answer: MachineLook = machine ? { kind: "seen", machine } : { kind: "forbidden" };
      if (when === "without having been Ready" && clock.now() < seenAt + 200) await sleep(2_000);
      if (when === "while MAAS answers the first look" && shown === ours) {
        await sleep(5_000);
        taken();
      }
      return answer;
    },
    machines: async ({ agentName, statuses }) => {
      await sleep(10);
      const machine = now();
      if (!machine || (statuses && machine.status === 12)) return [];
      return agentName === undefined || (shown !== "forbidden" && shown.agentName === agentName)
        ? [machine]
        : [];
    },
    releasedSince: async (_machine, since) => (finished >= since && finished > 0 ? finished : undefined),
    release: async (_id, { signal }): Promise<ReleaseAnswer> => {
      sent += 1;
      if (when === "during the pause after a release that failed") {
        shown = { ...ours, more: { ...ours.more, osystem: "" }, agentName: "" };
        clock.after(1_000, taken);
        return { kind: "power-failed", status: 500, reason: "BMC" };
      }
      shown = { ...ours, status: 12, agentName: "" };
      clock.after(3_000, taken);
      if (when === "while MAAS has not answered our release") {
        await sleep(600_000, signal);
        return { kind: "unknown", why: "stopped", reason: "no longer waited for" };
      }
      return { kind: "accepted", machine: machineIn("abcd00", 12) };
    },
  });
  const queue = turns(1);
  if (when === "while it waits for its turn") {
    const end = await queue.take(undefined);
    clock.after(60_000, () => end?.());
  }
  const work = releaseMachine({
    context: maas,
    run,
    row,
    recorded,
    poller: readyPoller(maas),
    look: machineLook(maas),
    turns: queue,
    around: {
      ...quietAround(whole),
      model,
      ofModel: new Set(["abcd00"]),
      liveModels: new Set([uuid, other]),
      wholeOf: undefined,
      releaseUnclaimed,
    },
  });
  const text = await clock.run(work.catch((error: Error) => error.message));
  return { text, sent };
};

const sentBefore: Partial<Record<Moment, number>> = {
  "right after Ready, between two looks": 1,
  "while MAAS has not answered our release": 1,
  "during the pause after a release that failed": 1,
};

describe("a machine that somebody takes", () => {
  for (const [who, shown] of Object.entries(whose))
    for (const when of moments)
      it(`is left alone, and its criterion is met: ${who}, ${when}`, async () => {
        const { text, sent } = await play(shown, when);
        expect(text).to.match(/was Ready in this run, and is somebody else's now \(/);
        expect(sent).to.equal(sentBefore[when] ?? 0);
      });

  // Without owner_data a failed release of Juju's looks as anybody's: such a machine, the model's until a moment ago, is released again.
  const untold = "the same user without Juju, failed to release";
  for (const [who, shown] of Object.entries(whose).filter(([who]) => who !== untold))
    it(`is refused and left alone when it was never Ready: ${who}`, async () => {
      const { text, sent } = await play(shown, "without having been Ready");
      expect(text).to.match(/a guard refuses|not visible to this MAAS API key/);
      expect(sent).to.equal(0);
    });

  it("is refused also with releaseUnclaimed when MAAS lists it under another model's agent_name", async () => {
    const shown = whose["another model, without owner_data"];
    if (!shown) throw new Error("no such taker");
    const { text, sent } = await play(shown, "without having been Ready", ["abcd00"]);
    expect(text).to.include(`belongs to another Juju model now: ${other}`);
    expect(sent).to.equal(0);
  });
});
