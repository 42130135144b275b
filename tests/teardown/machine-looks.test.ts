import { expect } from "chai";
import { machineLooks } from "../../teardown/machine-looks.ts";
import { contextWith, fakeMaas, maasFailure, machine, secondMachine } from "./support/fakes.ts";

describe("looks at machines", () => {
  const setUp = () => {
    const maas = fakeMaas([machine({}, "deployed"), secondMachine({}, "ready")]);
    const asked: string[] = [];
    const { machines, machine: one } = maas;
    maas.machines = async (filter) => {
      asked.push(`list ${filter.systemIds?.join(" ")}`);
      return await machines(filter);
    };
    maas.machine = async (id) => {
      asked.push(`machine ${id}`);
      return await one(id);
    };
    return { maas, asked, look: machineLooks(contextWith({ maas })) };
  };

  it("are one list for all that are looked at in the same moment", async () => {
    const { look, asked } = setUp();
    const seen = await Promise.all([look("aaa000"), look("bbb111"), look("aaa000")]);
    expect(seen.map((each) => each !== "vanished" && each.statusName)).to.deep.equal([
      "Deployed",
      "Ready",
      "Deployed",
    ]);
    expect(asked).to.deep.equal(["list aaa000 bbb111"]);
  });

  it("ask for one machine by itself, and never answer with an older picture", async () => {
    const { look, asked } = setUp();
    await look("aaa000");
    await look("aaa000");
    expect(asked).to.deep.equal(["machine aaa000", "machine aaa000"]);
  });

  it("call a machine vanished only when MAAS says so itself", async () => {
    const { look, maas, asked } = setUp();
    const [, gone] = await Promise.all([look("aaa000"), look("ccc222")]);
    expect(gone).to.equal("vanished");
    expect(asked).to.deep.equal(["list aaa000 ccc222", "machine ccc222"]);
    maas.machines = async () => [];
    const [kept] = await Promise.all([look("aaa000"), look("bbb111")]);
    expect(kept).to.include({ statusName: "Deployed" });
  });

  it("ask for each by itself when it is the list that is wrong", async () => {
    for (const kind of ["bad-answer", "server", "timeout"] as const) {
      const { look, maas, asked } = setUp();
      maas.machines = async () => {
        throw maasFailure(kind);
      };
      const seen = await Promise.all([look("aaa000"), look("bbb111")]);
      expect(seen.map((each) => each !== "vanished" && each.statusName)).to.deep.equal(["Deployed", "Ready"]);
      expect(asked).to.deep.equal(["machine aaa000", "machine bbb111"]);
    }
  });

  it("fail for all of them when MAAS cannot be asked, and begin anew then", async () => {
    const { look, maas } = setUp();
    const { machines } = maas;
    maas.machines = async () => {
      throw maasFailure("unreachable");
    };
    const both = await Promise.allSettled([look("aaa000"), look("bbb111")]);
    expect(both.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    maas.machines = machines;
    const [seen] = await Promise.all([look("aaa000"), look("bbb111")]);
    expect(seen).to.include({ statusName: "Deployed" });
  });
});
