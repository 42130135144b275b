import { expect } from "chai";
import { adoption, mustBeAdoptable } from "../../teardown/adopt.ts";
import { jujuError } from "../../teardown/clients/juju/errors.ts";
import type { JujuModel } from "../../teardown/clients/juju.ts";
import type { MaasClient, MaasMachine } from "../../teardown/clients/maas.ts";
import type { Context } from "../../teardown/context.ts";
import type { LabRecord } from "../../teardown/record.ts";
import { survey } from "../../teardown/survey.ts";
import {
  contextWith,
  controllerModel,
  fakeJuju,
  fakeMaas,
  maasFailure,
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
const lab = (
  machines: MaasMachine[] = both,
  models: JujuModel[] = all,
  settings: Record<string, unknown> = {},
  { complaints = [], maas = {} }: { complaints?: string[]; maas?: Partial<MaasClient> } = {},
) =>
  contextWith({
    maas: fakeMaas(machines, maas),
    juju: fakeJuju(models, { models: async () => ({ models, complaints }) }),
    settings,
  });
const seen = async (context: Context, begun?: LabRecord) =>
  adoption(await survey(context), context.settings, begun);
const adopt = async (context: Context, begun?: LabRecord) =>
  mustBeAdoptable(await seen(context, begun), context.settings);
/** Words of a refusal, with single blanks: it is a table. */
const complaint = async (context: Context, begun?: LabRecord) => {
  const { code, message } = await problemOf(adopt(context, begun));
  expect(code).to.equal("missing");
  expect(message).to.include("nothing was changed");
  return message.replace(/ +/g, " ");
};
const notes = async (context: Context, begun?: LabRecord) =>
  (await seen(context, begun)).findings.map(({ code, verdict }) => `${code} ${verdict}`);

describe("adopt", () => {
  it("takes down the identities of today's lab, and nothing else", async () => {
    expect(await adopt(lab())).to.deep.equal({
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
    const record = await adopt(lab([secondMachine(), extra, machine()]));
    expect(record.machines.map(({ hostname }) => hostname)).to.deep.equal(["openstack0", "openstack1"]);
  });

  it("takes the current controller when none is configured", async () => {
    expect((await adopt(lab(both, all, { jujuController: "" }))).model?.controller).to.equal("maas-lab");
  });

  it("names every machine that is missing, and how to look or to do without it", async () => {
    const message = await complaint(lab([]));
    expect(message).to.match(/^the lab cannot be adopted as it is: 2 findings; nothing was changed\n/);
    expect(message).to.include("REFUSED machine openstack0 is not in MAAS (or not visible to this API key)");
    expect(message).to.include("maas admin machines read hostname=openstack1");
    expect(message).to.include("take it off the list `machines`");
  });

  it("names a model that is missing, and juju's complaint when it has one", async () => {
    const message = await complaint(lab(both, [controllerModel]));
    expect(message).to.include("model openstack is not on the controller maas-lab");
    expect(message).to.include("pulumi config set adoptPartial gone && pulumi up");
    expect(
      await complaint(lab(both, [controllerModel], {}, { complaints: ["settings not found"] })),
    ).to.include("model openstack cannot be seen: settings not found");
  });

  it("adopts the machines of a model that is gone when that is allowed, but none that is absent", async () => {
    const record = await adopt(lab(both, [controllerModel], { adoptPartial: "gone" }));
    expect(record).to.not.have.property("model");
    expect(record.machines).to.have.length(2);
    for (const models of [all, [controllerModel]]) {
      const message = await complaint(lab([machine()], models, { adoptPartial: "gone" }));
      expect(message).to.include(": 1 finding;").and.to.include("machine openstack1 is not in MAAS");
    }
  });

  it("takes a model for gone by a whole list only, whatever is allowed", async () => {
    const gone = { adoptPartial: "gone" };
    const hidden = await complaint(lab(both, [], gone));
    expect(hidden).to.include(
      "model openstack cannot be seen for sure: the list lacks even the controller's own",
    );
    const complaints = ["settings not found"];
    expect(await complaint(lab(both, [controllerModel], gone, { complaints }))).to.include(
      "model openstack cannot be seen for sure: settings not found",
    );
    expect((await adopt(lab(both, [], gone), recordedLab())).model?.uuid).to.equal(modelUuid);
  });

  it("adopts no machine of another model, not even with adoptPartial", async () => {
    const theirs = secondMachine({ ownerData: { "juju-model-uuid": otherUuid } });
    for (const adoptPartial of ["", "gone"]) {
      const message = await complaint(lab([machine(), theirs], all, { adoptPartial }));
      expect(message).to.include(`machine openstack1 bbb111 belongs to another Juju model now: ${otherUuid}`);
      expect(message).to.include("take it off the list `machines`");
      expect(message).to.not.include("openstack0");
    }
    const untagged = secondMachine({ ownerData: {} });
    expect((await adopt(lab([machine(), untagged]))).machines).to.have.length(2);
  });

  it("refuses the controller's own model and the wrong kind of MAAS even then", async () => {
    const controllers = { adoptPartial: "gone", jujuModel: "controller" };
    expect(await complaint(lab(both, all, controllers))).to.include(
      "is the controller's own model; it is never destroyed",
    );
    expect(await complaint(lab(both, all, { adoptPartial: "gone", simulated: true }))).to.include(
      "is a real MAAS, and this stack says `simulated: true`",
    );
  });

  it("asks for the owner when two models have the name, and takes the one that is named whole", async () => {
    const two = [...all, model({ name: "eve/openstack", uuid: otherUuid })];
    const message = await complaint(lab(both, two));
    expect(message).to.include("model openstack is ambiguous: admin/openstack, eve/openstack");
    expect(message).to.include("pulumi config set jujuModel <owner>/<model>");
    const eves = both.map((each) => ({ ...each, ownerData: { "juju-model-uuid": otherUuid } }));
    expect((await adopt(lab(eves, two, { jujuModel: "eve/openstack" }))).model?.uuid).to.equal(otherUuid);
  });

  it("asks whether a machine of the model with nearly the name was meant", async () => {
    for (const [hostname, isMeant] of [
      ["openstack11", true],
      ["opnestack1", true],
      ["openstakc", true],
      ["openstack", true],
      ["ceph1", false],
      ["openstack-abc", false],
    ] as const) {
      const message = await complaint(lab([machine(), secondMachine({ hostname })]));
      expect(message.includes(`did you mean ${hostname}?`), hostname).to.equal(isMeant);
    }
    // A machine that is on the list is meant by its own name.
    const listed = lab([machine({ hostname: "openstack2" })], all, {
      machines: ["openstack1", "openstack2"],
    });
    expect(await complaint(listed)).to.not.include("did you mean");
  });

  it("notes what would stop a destroy, or could hide a machine, but adopts", async () => {
    expect(await notes(lab())).to.deep.equal([]);
    expect(await notes(lab(both, [model()]))).to.deep.equal(["gone-not-provable note"]);
    expect(await notes(lab(both, [controllerModel, model({ access: "write" })]))).to.deep.equal([
      "no-admin-access note",
    ]);
    // Juju 4.0 shows nobody's access.
    expect(await notes(lab(both, [controllerModel, model({ access: undefined })]))).to.deep.equal([]);
    const asEve = { whoami: async () => ({ username: "eve", isAdmin: false }) };
    expect(await notes(lab(both, all, {}, { maas: asEve }))).to.deep.equal(["key-sees-own-only note"]);
    expect(await adopt(lab(both, [model({ access: "write" })], {}, { maas: asEve }))).to.deep.equal(
      recordedLab(),
    );
  });

  it("fails as Juju or MAAS does when one of them gives no answer", async () => {
    const failing = async (): Promise<never> => {
      throw jujuError("unreachable", "cannot reach the controller\nLook: juju controllers");
    };
    const noJuju = { ...lab(), juju: fakeJuju([], { models: failing }) };
    const juju = await problemOf(adopt(noJuju));
    expect(juju.code).to.equal("juju");
    expect(juju.message)
      .to.include("nothing was changed")
      .and.to.match(/REFUSED {2}juju {2}maas-lab {2}cannot reach the controller\n/)
      .and.to.include("next:     Look: juju controllers");
    const silent = async (): Promise<never> => {
      throw maasFailure("timeout");
    };
    const noMaas = await problemOf(adopt(lab(both, all, {}, { maas: { whoami: silent } })));
    expect(noMaas.code).to.equal("maas");
    expect(noMaas.message).to.match(/REFUSED {2}maas +http:\/\/maas:5240\/MAAS/);
  });

  describe("between two destroys", () => {
    it("takes from the begun run what that has destroyed already", async () => {
      const begun = recordedLab();
      expect(await adopt(lab([], [controllerModel]), begun)).to.deep.equal(begun);
    });

    it("keeps the owner that a released machine had, and records another machine as what it is", async () => {
      const free = machine({ owner: null, ownerData: {} }, "ready");
      const rebuilt = secondMachine({ systemId: "new999", owner: "eve" });
      const record = await adopt(lab([free, rebuilt]), recordedLab());
      expect(record.machines).to.deep.equal([
        recordedMachine(),
        { hostname: "openstack1", systemId: "new999", owner: "eve" },
      ]);
    });

    it("still complains of a machine that the begun run does not know", async () => {
      const message = await complaint(lab([]), recordedLab({ machines: [recordedMachine()] }));
      expect(message).to.include("machine openstack1").and.to.not.include("machine openstack0");
    });
  });
});
