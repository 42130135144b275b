import { expect } from "chai";
import { adoptLab } from "../../teardown/adopt.ts";
import type { JujuModel } from "../../teardown/clients/juju.ts";
import type { MaasMachine } from "../../teardown/clients/maas.ts";
import { observeLab } from "../../teardown/observe.ts";
import { previewTable } from "../../teardown/preview-table.ts";
import type { LabRecord } from "../../teardown/record.ts";
import {
  contextWith,
  controllerModel,
  fakeJuju,
  fakeMaas,
  machine,
  model,
  modelUuid,
  otherUuid,
  problemOf,
  recordedLab,
  recordedMachine,
  secondMachine,
} from "./support/fakes.ts";

const both = [machine(), secondMachine()];
const all = [controllerModel, model()];
const status = {
  status: async () => ({
    applications: 3,
    units: 5,
    machines: [{ id: "0", instanceId: "aaa000", hostname: "openstack0", displayName: "", containers: [] }],
    raw: "",
  }),
};
const world = (
  machines: MaasMachine[] = both,
  models: JujuModel[] = all,
  settings: Record<string, unknown> = {},
  complaints: string[] = [],
) =>
  contextWith({
    maas: fakeMaas(machines),
    juju: fakeJuju(models, { ...status, models: async () => ({ models, complaints }) }),
    settings,
  });
const adopt = (context: ReturnType<typeof world>, begun?: LabRecord) => adoptLab(context, begun);
const complaint = async (context: ReturnType<typeof world>, begun?: LabRecord) => {
  const { code, message } = await problemOf(adopt(context, begun));
  expect(code).to.equal("missing");
  expect(message).to.include("nothing was changed");
  return message;
};

describe("adopt", () => {
  it("takes down the identities of today's lab, and nothing else", async () => {
    expect(await adopt(world())).to.deep.equal({
      model: {
        name: "admin/openstack",
        uuid: modelUuid,
        controller: "maas-lab",
        controllerUuid: controllerModel.controllerUuid,
      },
      maasUrl: "http://maas:5240/MAAS",
      machines: [
        { hostname: "openstack0", systemId: "aaa000", owner: "admin" },
        { hostname: "openstack1", systemId: "bbb111", owner: "admin" },
      ],
    });
  });

  it("keeps the list's order, and leaves out what is not on it", async () => {
    const extra = machine({ systemId: "ccc222", hostname: "extra" });
    const lab = await adopt(world([secondMachine(), extra, machine()]));
    expect(lab.machines.map(({ hostname }) => hostname)).to.deep.equal(["openstack0", "openstack1"]);
  });

  it("takes the current controller when none is configured", async () => {
    expect((await adopt(world(both, all, { jujuController: "" }))).model?.controller).to.equal("maas-lab");
  });

  it("names every machine that is missing, and how to look or to do without it", async () => {
    const message = await complaint(world([]));
    expect(message).to.match(
      /^the lab cannot be adopted as it is: 2 things are missing; nothing was changed\n/,
    );
    expect(message).to.include("machine openstack0 is not in MAAS (or not visible to this API key)");
    expect(message).to.include("maas admin machines read hostname=openstack1");
    expect(message).to.include("take it off the list `machines`");
  });

  it("names a model that is missing, and juju's complaint when it has one", async () => {
    const message = await complaint(world(both, [controllerModel]));
    expect(message).to.include("model openstack is not on the controller maas-lab");
    expect(message).to.include("pulumi config set adoptPartial gone && pulumi up");
    expect(await complaint(world(both, [controllerModel], {}, ["settings not found"]))).to.include(
      "model openstack cannot be seen: settings not found",
    );
  });

  it("adopts the machines of a model that is gone when that is allowed, but none that is absent", async () => {
    const lab = await adopt(world(both, [controllerModel], { adoptPartial: "gone" }));
    expect(lab).to.not.have.property("model");
    expect(lab.machines).to.have.length(2);
    for (const models of [all, [controllerModel]]) {
      const message = await complaint(world([machine()], models, { adoptPartial: "gone" }));
      expect(message).to.include("one thing is missing").and.to.include("machine openstack1 is not in MAAS");
    }
  });

  it("adopts no machine of another model, not even with adoptPartial", async () => {
    const theirs = secondMachine({ ownerData: { "juju-model-uuid": otherUuid } });
    for (const adoptPartial of ["", "gone"]) {
      const message = await complaint(world([machine(), theirs], all, { adoptPartial }));
      expect(message).to.include(`machine openstack1 bbb111 belongs to another Juju model: ${otherUuid}`);
      expect(message).to.include("take it off the list `machines`, or correct `jujuModel`");
      expect(message).to.not.include("openstack0");
    }
    const untagged = secondMachine({ ownerData: {} });
    expect((await adopt(world([machine(), untagged]))).machines).to.have.length(2);
  });

  it("refuses the controller's own model and the wrong kind of MAAS even then", async () => {
    const controllers = { adoptPartial: "gone", jujuModel: "controller" };
    expect(await complaint(world(both, all, controllers))).to.include(
      "is the controller's own model; it is never destroyed",
    );
    expect(await complaint(world(both, all, { adoptPartial: "gone", simulated: true }))).to.include(
      "is a real MAAS, and this stack says `simulated: true`",
    );
  });

  it("asks for the owner when two models have the name, and takes the one that is named whole", async () => {
    const two = [...all, model({ name: "eve/openstack", uuid: otherUuid })];
    const message = await complaint(world(both, two));
    expect(message).to.include("model openstack is ambiguous: admin/openstack, eve/openstack");
    expect(message).to.include("pulumi config set jujuModel <owner>/<model>");
    const eves = both.map((each) => ({ ...each, ownerData: { "juju-model-uuid": otherUuid } }));
    expect((await adopt(world(eves, two, { jujuModel: "eve/openstack" }))).model?.uuid).to.equal(otherUuid);
  });

  describe("between two destroys", () => {
    it("takes from the begun run what that has destroyed already", async () => {
      const begun = recordedLab();
      expect(await adopt(world([], [controllerModel]), begun)).to.deep.equal(begun);
    });

    it("keeps the owner that a released machine had, and records another machine as what it is", async () => {
      const free = machine({ owner: null, ownerData: {} }, "ready");
      const rebuilt = secondMachine({ systemId: "new999", owner: "eve" });
      const lab = await adopt(world([free, rebuilt]), recordedLab());
      expect(lab.machines).to.deep.equal([
        recordedMachine(),
        { hostname: "openstack1", systemId: "new999", owner: "eve" },
      ]);
    });

    it("still complains of a machine that the begun run does not know", async () => {
      const message = await complaint(world([]), recordedLab({ machines: [recordedMachine()] }));
      expect(message).to.include("machine openstack1").and.to.not.include("machine openstack0");
    });
  });
});

describe("observe", () => {
  it("tells what a destroy will do to each machine", async () => {
    const cases: [Partial<MaasMachine>, Parameters<typeof machine>[1], Record<string, unknown>, string][] = [
      [{}, "deployed", {}, "released"],
      [{}, "deployed", { erase: "quick" }, "released, disks erased (quick)"],
      [{}, "ready", {}, "nothing: Ready already"],
      [{}, "releasing", {}, "waited for until Ready"],
      [{}, "disk_erasing", {}, "waited for until Ready"],
      [{ locked: true }, "deployed", {}, "REFUSED: is locked"],
      [{}, "commissioning", {}, "REFUSED: is Commissioning, and MAAS does not release from there"],
    ];
    for (const [more, label, settings, fate] of cases) {
      const { machines } = await observeLab(world([machine(more, label), secondMachine()], all, settings));
      expect(machines[0]?.fate, fate).to.equal(fate);
    }
  });

  it("shows what the model and its machines are", async () => {
    const { model: seen, machines, controller, problems } = await observeLab(world());
    expect(seen).to.include({
      life: "alive",
      applications: 3,
      units: 5,
      fate: "captured, then destroyed by force",
    });
    expect(
      machines.map(({ hostname, jujuMachine, listed }) => [hostname, jujuMachine, listed]),
    ).to.deep.equal([
      ["openstack0", "0", true],
      ["openstack1", "", true],
    ]);
    expect([controller, problems]).to.deep.equal(["maas-lab", []]);
  });

  it("tells a model on its way out, and one that is refused", async () => {
    const fate = async (more: Partial<JujuModel>) =>
      (await observeLab(world(both, [controllerModel, model(more)]))).model?.fate;
    expect(await fate({ life: "dying" })).to.equal("followed until it is gone");
    expect(await fate({ status: "suspended" })).to.match(/^REFUSED: is suspended/);
  });

  it("shows the model's machines that are not listed, and whether that is allowed", async () => {
    const extra = machine({ systemId: "ccc222", hostname: "extra" });
    const fate = async (settings: Record<string, unknown>) =>
      (await observeLab(world([...both, extra], all, settings))).machines.find(({ listed }) => !listed)?.fate;
    expect(await fate({})).to.equal("NOT LISTED: Juju would destroy it with the model; refused");
    expect(await fate({ alsoDestroyed: "ccc222" })).to.equal(
      "NOT LISTED: Juju destroys it with the model (alsoDestroyed)",
    );
  });

  it("is not stopped by a status or VM hosts that cannot be read", async () => {
    const down = async () => {
      throw new Error("down");
    };
    const context = contextWith({
      juju: fakeJuju(all, { status: down }),
      maas: fakeMaas(both, { vmHosts: down }),
    });
    const seen = await observeLab(context);
    expect(seen.model).to.include({ applications: 0, units: 0 });
    expect(seen.machines).to.have.length(2);
  });
});

describe("preview table", () => {
  const table = async (context: ReturnType<typeof world>) =>
    previewTable(await observeLab(context), { jujuModel: "openstack" });

  it("shows the model and each machine in columns that stand below each other", async () => {
    const long = secondMachine({ hostname: "openstack1", owner: "a-very-long-owner", powerState: "unknown" });
    const lines = (await table(world([machine(), long]))).split("\n");
    expect(lines[0]).to.equal(
      "what `pulumi destroy` would hit (controller maas-lab, MAAS http://maas:5240/MAAS)",
    );
    const rows = lines.filter((line) => /^ {2}(machine|openstack\d)/.test(line));
    expect(rows).to.have.length(3);
    const columnsOf = (line: string) => [...line.matchAll(/(?<= {2})\S/g)].map(({ index }) => index);
    const [head, ...others] = rows.map(columnsOf);
    for (const each of others) expect(each).to.deep.equal(head);
    expect(lines.some((line) => line.includes("captured, then destroyed by force"))).to.equal(true);
  });

  it("says that there is no model, and lists what is wrong with what to do", async () => {
    const text = await table(world([machine()], [controllerModel]));
    expect(text).to.include("model openstack: gone, or not to be seen");
    expect(text).to.match(/\n {2}machine openstack1 is not in MAAS.*\n {6}look: maas admin/);
  });

  it("lets no name from outside draw on the screen", async () => {
    const text = await table(world([machine({ owner: "eve\u001b[2J\nopenstack9" }), secondMachine()]));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be left
    expect(text.replaceAll("\n", "")).to.not.match(/[\u0000-\u001f]/);
    expect(text).to.not.match(/^openstack9/m);
  });
});
