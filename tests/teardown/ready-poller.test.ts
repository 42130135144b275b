import { expect } from "chai";
import { type MaasClient, type MaasMachine, maasErrorKind } from "../../teardown/clients/maas.ts";
import { interval, readyPoller } from "../../teardown/ready-poller.ts";
import { contextWith, fakeMaas, maasFailure, machine, problemOf, secondMachine } from "./support/fakes.ts";

const releasing = () => [machine({}, "releasing"), secondMachine({}, "releasing")];

describe("ready poller", () => {
  /** A MAAS in which something happens before the nth question. */
  const setUp = (machines: MaasMachine[], happens: Record<number, () => void> = {}) => {
    const asked: Parameters<MaasClient["machines"]>[0][] = [];
    const maas = fakeMaas(machines);
    const list = maas.machines;
    maas.machines = async (filter) => {
      asked.push(filter);
      happens[asked.length]?.();
      return await list(filter);
    };
    const context = contextWith({ maas });
    return { poller: readyPoller(context), asked, context };
  };

  it("settles when MAAS has finished, and asks only for those that have", async () => {
    const machines = releasing();
    const { poller, asked } = setUp(machines, {
      3: () => {
        machines[0] = machine({}, "ready");
      },
    });
    expect(await poller.settled("aaa000")).to.include({ statusName: "Ready" });
    expect(asked).to.have.length(3);
    for (const { statuses, systemIds } of asked) {
      expect(systemIds).to.deep.equal(["aaa000"]);
      expect(statuses).to.include("ready").and.to.include("failed_releasing").and.to.not.include("releasing");
    }
  });

  it("asks one question for all that wait, and stops when nobody does", async () => {
    const machines = releasing();
    const { poller, asked } = setUp(machines, {
      2: () => machines.splice(0, 2, machine({}, "ready"), secondMachine({}, "failed_releasing")),
    });
    const settled = await Promise.all([poller.settled("aaa000"), poller.settled("bbb111")]);
    expect(settled.map((each) => typeof each !== "string" && each.statusName)).to.deep.equal([
      "Ready",
      "Releasing failed",
    ]);
    expect(asked).to.have.length(2);
    expect(asked[1]?.systemIds).to.deep.equal(["aaa000", "bbb111"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).to.have.length(2);
  });

  it("begins anew for who comes when it had just stopped", async () => {
    const { poller } = setUp([machine({}, "ready"), secondMachine({}, "ready")]);
    const through = async (id: string) => await (async () => await poller.settled(id))();
    for (const id of ["aaa000", "bbb111", "aaa000"]) expect(await through(id)).to.include({ systemId: id });
  });

  it("notices a machine that is no longer there, by a look at all of them", async () => {
    const { poller, asked } = setUp([]);
    expect(await poller.settled("aaa000")).to.equal("vanished");
    expect(asked.at(-1)).to.not.have.property("statuses");
    expect(asked.length).to.be.greaterThan(5);
  });

  it("tells of states that are passed through", async () => {
    const machines = [machine({}, "disk_erasing")];
    const news: unknown[] = [];
    const { poller } = setUp(machines, {
      40: () => {
        machines[0] = machine({}, "ready");
      },
    });
    await poller.settled("aaa000", (each) =>
      news.push(each instanceof Error ? each.message : each.statusName),
    );
    expect([...new Set(news)]).to.deep.equal(["Disk erasing"]);
  });

  it("waits out a MAAS that does not answer, and says so", async () => {
    const news: string[] = [];
    const { poller } = setUp([machine({}, "ready")], {
      1: () => {
        throw maasFailure("unreachable");
      },
      2: () => {
        throw maasFailure("server");
      },
    });
    const settled = await poller.settled("aaa000", (each) => news.push(maasErrorKind(each) ?? ""));
    expect(settled).to.include({ statusName: "Ready" });
    expect(news).to.deep.equal(["unreachable", "server"]);
  });

  it("gives up for all when MAAS no longer takes the key", async () => {
    const { poller } = setUp(releasing(), {
      1: () => {
        throw maasFailure("unauthorized");
      },
    });
    const both = await Promise.allSettled([poller.settled("aaa000"), poller.settled("bbb111")]);
    expect(both.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
  });

  it("ends all waiting when it is stopped from outside", async () => {
    const stopping = new AbortController();
    const context = contextWith({ maas: fakeMaas(releasing()), signal: stopping.signal });
    const waiting = problemOf(readyPoller(context).settled("aaa000"));
    stopping.abort({ why: "cancelled" });
    expect(await waiting).to.deep.include({ code: "interrupted" });
    expect((await waiting).message).to.include("cancelled by the operator; MAAS goes on releasing");
  });

  it("looks often at first and ever more rarely, never more than every 15 s", () => {
    expect([0, 1_000, 5_000, 30_000, 59_999].map(interval)).to.deep.equal([
      1_000, 1_000, 1_750, 1_750, 1_750,
    ]);
    expect([60_000, 300_000, 3_600_000].map(interval)).to.deep.equal([1_800, 9_000, 15_000]);
  });
});
