import { expect } from "chai";
import { knownBy, verify } from "../../../commands/verify/verify.ts";
import type { JujuModel, Presence } from "../../../teardown/clients/juju.ts";
import type { MaasMachine } from "../../../teardown/clients/maas.ts";
import type { LabRecord } from "../../../teardown/record.ts";
import {
  contextWith,
  controllerModel,
  fakeJuju,
  fakeMaas,
  machine,
  memoryRun,
  model,
  modelUuid,
  otherUuid,
  problemOf,
  recordedLab,
  recordedModel,
  secondMachine,
} from "../../teardown/support/fakes.ts";

const free = { owner: null, ownerData: {} };
const ready = [machine(free, "ready"), secondMachine(free, "ready")];

describe("verify: which lab is meant", () => {
  const run = memoryRun(recordedLab());
  it("is the newest run's, unless the stack holds another one by now", () => {
    expect(knownBy(run, undefined)).to.deep.equal({ identities: "run", run });
    expect(knownBy(run, recordedLab())).to.deep.equal({ identities: "run", run });
    const rebuilt = recordedLab({ model: { ...recordedModel, uuid: otherUuid } });
    expect(knownBy(run, rebuilt)).to.deep.equal({ identities: "stack", record: rebuilt });
    expect(knownBy(undefined, rebuilt)).to.deep.equal({ identities: "stack", record: rebuilt });
    expect(knownBy(undefined, undefined)).to.deep.equal({ identities: "names" });
  });
});

describe("verify: the exit criteria", () => {
  const seen = (options: {
    record?: LabRecord;
    machines?: MaasMachine[];
    models?: JujuModel[];
    complaints?: string[];
    presence?: Presence;
    settings?: Record<string, unknown>;
    byName?: boolean;
  }) => {
    const { record, machines = ready, models = [controllerModel], complaints = [], settings = {} } = options;
    const juju = fakeJuju(models, {
      presence: async () => options.presence ?? { state: "gone", models },
      models: async () => ({ models, complaints }),
    });
    return verify({
      context: contextWith({ juju, maas: fakeMaas(machines), settings }),
      project: "p",
      stack: "s",
      known: record ? { identities: "stack", record } : { identities: "names" },
      byName: options.byName ?? false,
    });
  };
  const found = async (options: Parameters<typeof seen>[0]) =>
    (await seen(options)).criteria.map(
      (each) => `${each.met ? "met" : "not"} ${each.subject}: ${each.found}`,
    );

  it("are met when the recorded model is gone and every recorded machine Ready", async () => {
    const all = await seen({ record: recordedLab() });
    expect(all).to.deep.include({ met: true, model: { name: "admin/openstack", uuid: modelUuid } });
    expect(await found({ record: recordedLab() })).to.deep.equal([
      "met model admin/openstack: gone",
      "met machine openstack0 aaa000: Ready",
      "met machine openstack1 bbb111: Ready",
    ]);
  });

  it("are not met while the model is alive, or a machine is not Ready", async () => {
    const presence: Presence = { state: "alive", model: model() };
    const [first, second] = await found({
      record: recordedLab(),
      presence,
      machines: [machine(), ready[1] ?? machine()],
    });
    expect([first, second]).to.deep.equal([
      "not model admin/openstack: alive (available)",
      "not machine openstack0 aaa000: Deployed, owned by admin",
    ]);
    expect((await seen({ record: recordedLab(), presence })).met).to.equal(false);
  });

  it("find the lab by its names where nothing is on record, and say which model that is", async () => {
    const [first] = await found({
      models: [controllerModel, model()],
      machines: [machine(), secondMachine()],
    });
    expect(first).to.equal(`not model openstack: admin/openstack ${modelUuid} is alive`);
  });

  it("do not take a name that nobody ever saw for a model that is gone, unless told to", async () => {
    const [first] = await found({});
    expect(first).to.equal(
      "not model openstack: was never seen here, and there is none of this name on maas-lab",
    );
    expect((await seen({ byName: true })).met).to.equal(true);
    expect((await seen({ byName: true })).controller.uuid).to.equal(recordedModel.controllerUuid);
  });

  it("believe no list that need not be whole", async () => {
    for (const more of [{ models: [] }, { complaints: ["ERROR model left out"] }])
      expect((await seen({ byName: true, ...more })).met, JSON.stringify(more)).to.equal(false);
  });

  it("need every machine by its name", async () => {
    const all = await found({ byName: true, machines: ready.slice(1) });
    expect(all).to.include("not machine openstack0: is not in MAAS, or not visible");
  });

  it("need the controller's name where only names are known", async () => {
    const { code, message } = await problemOf(seen({ settings: { jujuController: "" } }));
    expect(code).to.equal("config");
    expect(message).to.include("pulumi config set jujuController");
  });

  it("look for the name too where the lab was adopted without its model", async () => {
    const { maasUrl, machines } = recordedLab();
    const record = { maasUrl, machines };
    expect((await seen({ record })).met).to.equal(true);
    const back = await seen({ record, models: [controllerModel, model()] });
    expect(back.criteria[0]).to.include({ met: false, found: `admin/openstack ${modelUuid} is alive` });
  });
});
