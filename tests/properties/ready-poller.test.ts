import { expect } from "chai";
import { filterPaths, type MachineFilter, machineStatuses } from "../../teardown/clients/maas.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import { machineIn, stage, withMaas } from "./support/stage.ts";

const released = 4;
const releasing = 12;

/** Lets so many machines wait, all of which are Ready after so many ms. */
const waitFor = async (machines: number, ms: number) => {
  const { clock, context } = stage(0);
  const ids = Array.from({ length: machines }, (_, at) => `m${String(at).padStart(5, "0")}`);
  const readyAt = clock.now() + ms;
  let requests = 0;
  let sent = 0;
  const list = async ({ systemIds = [], statuses }: MachineFilter) => {
    requests += filterPaths({ systemIds, ...(statuses && { statuses }) }).length;
    await context.clock.sleep(100);
    const status = clock.now() >= readyAt ? released : releasing;
    const wanted = statuses?.some((label) => machineStatuses[label].status === status) ?? true;
    const found = wanted ? systemIds.map((id) => machineIn(id, status)) : [];
    sent += found.length;
    return found;
  };
  const poller = readyPoller(await withMaas(context, { machines: list }));
  await clock.run(Promise.all(ids.map((id) => poller.settled(id))));
  return { requests, sent, late: clock.now() - readyAt };
};

describe("the poller that waits until machines are Ready", () => {
  // 200 machines fit into one request; the numbers are what the intervals come to.
  const cases = [
    { wait: "3 s", ms: 3_000, looks: 5, full: 0, late: 1_100 },
    { wait: "a minute", ms: 60_000, looks: 39, full: 3, late: 2_000 },
    { wait: "10 minutes", ms: 600_000, looks: 125, full: 21, late: 16_000 },
    { wait: "an hour", ms: 3_600_000, looks: 330, full: 39, late: 16_000 },
  ];
  for (const machines of [5, 1_000])
    for (const { wait, ms, looks, full, late } of cases)
      it(`asks for ${machines} machines at most ${looks} times within ${wait}`, async () => {
        const seen = await waitFor(machines, ms);
        expect(seen.requests).to.be.at.most(looks * Math.ceil(machines / 200));
        expect(seen.late).to.be.at.most(late);
        // Each machine is transferred once when it is Ready, and in the full looks in between.
        expect(seen.sent).to.be.at.most(machines * (1 + full));
      });

  for (let hops = 0; hops <= 8; hops++)
    it(`goes on when the next machine waits ${hops} promises after the last one is Ready`, async () => {
      const { clock, context } = stage(0);
      const poller = readyPoller(
        await withMaas(context, {
          machines: async ({ systemIds = [] }) => systemIds.map((id) => machineIn(id, released)),
        }),
      );
      const work = async () => {
        await poller.settled("first");
        for (let hop = 0; hop < hops; hop++) await undefined;
        return await poller.settled("second");
      };
      expect(await clock.run(work())).to.include({ systemId: "second" });
    });

  it("does not settle a wait with a picture that was taken before it began", async () => {
    const { clock, context } = stage(0);
    let status = 6;
    const poller = readyPoller(
      await withMaas(context, {
        machines: async ({ systemIds = [], statuses }) => {
          const found = systemIds.map((id) => machineIn(id, status));
          await context.clock.sleep(5_000);
          return found.filter(
            (machine) => statuses?.some((label) => machineStatuses[label].status === machine.status) ?? true,
          );
        },
      }),
    );
    const work = async () => {
      void poller.settled("abcd00");
      await context.clock.sleep(2_000);
      // The first look is on its way back, with the machine still Deployed; now its release begins.
      status = releasing;
      const settled = poller.settled("abcd00");
      await context.clock.sleep(20_000);
      status = released;
      return await settled;
    };
    expect(await clock.run(work())).to.include({ status: released });
  });
});
