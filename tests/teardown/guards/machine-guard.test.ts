import { expect } from "chai";
import { type MaasMachine, machineStatuses, type StatusLabel } from "../../../teardown/clients/maas.ts";
import {
  judgeAbsent,
  judgeMachine,
  type MachineSurroundings,
  somebodyElses,
} from "../../../teardown/guards/machine-guard.ts";
import {
  host,
  machine,
  modelUuid,
  otherUuid,
  recordedMachine,
  recordedModel,
  settingsWith,
} from "../support/fakes.ts";

const around = (more: Partial<MachineSurroundings> = {}): MachineSurroundings => ({
  settings: settingsWith(),
  host,
  model: recordedModel,
  liveModels: new Set([modelUuid, otherUuid]),
  vmHosts: new Map(),
  ofModel: new Set(),
  begun: new Set(),
  releaseUnclaimed: [],
  ...more,
});
const judged = (seen: MaasMachine, more: Partial<MachineSurroundings> = {}, recorded = recordedMachine()) =>
  judgeMachine(seen, recorded, around(more));
const inNoModel = { ownerData: {} };

describe("machine guard: a machine that is there", () => {
  it("is content with the recorded machine, deployed, ours, unlocked", () => {
    expect(judged(machine())).to.deep.equal({
      guard: "machine",
      subject: "openstack0 aaa000",
      verdict: "ok",
      found: "Deployed, owned by admin, unlocked",
    });
  });

  it("judges each status by what a release does to it", () => {
    const said: Record<string, [string, string]> = {
      ready: ["ok", "Ready already"],
      releasing: ["ok", "Releasing already"],
      erasing: ["ok", "Disk erasing already"],
    };
    for (const [label, { name, release }] of Object.entries(machineStatuses) as [
      StatusLabel,
      { name: string; release: string },
    ][]) {
      const { verdict, found, next } = judged(machine({}, label));
      const releasable = release === "releasable" || release === "failed-retryable";
      const [expected, text] = said[release] ?? [
        releasable ? "ok" : "refused",
        releasable ? `${name}, owned by admin, unlocked` : `is ${name}, and MAAS does not release from there`,
      ];
      expect([verdict, found], label).to.deep.equal([expected, text]);
      if (expected === "refused")
        expect(next).to.equal("bring it to Ready in MAAS (machine aaa000), then: pulumi destroy");
    }
    expect(judged(machine({ status: 99, statusName: "Odd" })).found).to.include(
      "is Odd, and MAAS does not release",
    );
  });

  it("refuses one that is called otherwise now", () => {
    expect(judged(machine({ hostname: "ceph7" }))).to.deep.equal({
      guard: "machine",
      subject: "openstack0 aaa000",
      verdict: "refused",
      found: "is called ceph7 now",
      expected: "the hostname recorded at `up`: openstack0",
      next: "check which machine this is; put today's name on the list `machines`, then: pulumi up",
      machine: "openstack0",
    });
  });

  it("refuses the host under its own feet, whatever its status", () => {
    const here = { hostname: "vopenstack-jesse" };
    for (const label of ["deployed", "ready", "releasing"] as const) {
      const { verdict, found, next } = judged(machine(here, label), {}, recordedMachine(here));
      expect([verdict, found], label).to.deep.equal(["refused", "is the host that this runs on"]);
      expect(next).to.equal("take it off the list `machines`, then: pulumi up");
    }
  });

  it("refuses a locked one with the command that unlocks it; a lock on one that is Ready is none of its business", () => {
    const { verdict, found, next } = judged(machine({ locked: true }));
    expect([verdict, found]).to.deep.equal(["refused", "is locked"]);
    expect(next).to.equal("maas admin machine unlock aaa000   # then: pulumi destroy");
    const byUrl = settingsWith({ maasProfile: "", maasApiUrl: "http://maas/MAAS", maasApiKey: "a:b:c" });
    expect(judged(machine({ locked: true }), { settings: byUrl }).next).to.include(
      "maas <profile> machine unlock",
    );
    expect(judged(machine({ locked: true }, "ready")).verdict).to.equal("ok");
  });

  it("refuses a controller's machine even when everything else fits", () => {
    const controllers = { ownerData: { "juju-is-controller": "true", "juju-model-uuid": modelUuid } };
    expect(judged(machine(controllers))).to.include({
      verdict: "refused",
      found: "is a Juju controller's machine",
    });
    expect(
      judged(machine({ ownerData: { "juju-is-controller": "false", "juju-model-uuid": modelUuid } })).verdict,
    ).to.equal("ok");
  });

  it("refuses one of another controller, and one of a model that was migrated", () => {
    const ownerData = { "juju-model-uuid": modelUuid, "juju-controller-uuid": otherUuid };
    expect(judged(machine({ ownerData }))).to.include({
      verdict: "refused",
      found: `belongs to another Juju controller: ${otherUuid}`,
      expected: `controller ${recordedModel.controllerUuid}`,
    });
    const own = { ...ownerData, "juju-controller-uuid": recordedModel.controllerUuid };
    expect(judged(machine({ ownerData: own })).verdict).to.equal("ok");
  });

  it("refuses one of another model; when our model is gone, only if the other one still lives or cannot be seen", () => {
    const others = machine({ ownerData: { "juju-model-uuid": otherUuid } });
    expect(judged(others)).to.include({
      verdict: "refused",
      found: `belongs to another Juju model now: ${otherUuid}`,
      expected: `model ${modelUuid}`,
    });
    const gone = { model: undefined };
    expect(judged(others, gone)).to.include({
      verdict: "refused",
      expected: "no model, or one that is gone",
    });
    expect(judged(others, { ...gone, liveModels: undefined }).verdict).to.equal("refused");
    expect(judged(others, { ...gone, liveModels: new Set([modelUuid]) }).verdict).to.equal("ok");
  });

  it("refuses one of which nothing says that it is the model's, although its owner is right", () => {
    const claims = (more: Partial<MachineSurroundings>, seen: Partial<MaasMachine> = {}) =>
      judged(machine({ ...inNoModel, ...seen }), more).verdict;
    for (const label of ["deployed", "allocated", "failed_releasing", "broken"] as const)
      expect(judged(machine(inNoModel, label)), label).to.include({
        verdict: "refused",
        next: "if it is the lab's: pulumi destroy -c releaseUnclaimed=aaa000",
      });
    expect(judged(machine(inNoModel), { model: undefined }).verdict).to.equal("refused");
    const id = new Set(["aaa000"]);
    expect(claims({ ofModel: id })).to.equal("ok");
    expect(claims({ releaseUnclaimed: ["aaa000"] })).to.equal("ok");
    expect(claims({ releaseUnclaimed: ["ccc222"] })).to.equal("refused");
    expect(claims({ releaseUnclaimed: ["aaa000"] }, { owner: "eve" })).to.equal("refused");
    // In the middle of this run's own release, but not when it has a system again.
    expect(claims({ begun: id }, { osystem: "" })).to.equal("ok");
    expect(claims({ begun: id }, { status: 13 })).to.equal("ok");
    expect(claims({ begun: id })).to.equal("refused");
  });

  it("refuses one that has another owner than at `up`, or none", () => {
    expect(judged(machine({ owner: "eve" }))).to.include({
      verdict: "refused",
      found: "is owned by eve now",
      expected: "owner admin, as recorded at `up`",
    });
    expect(judged(machine({ owner: null })).found).to.equal("is owned by nobody now");
    const ofNobody = recordedMachine({ owner: "" });
    expect(judged(machine(), {}, ofNobody).expected).to.include("owner nobody");
    expect(judged(machine({ owner: null }), {}, ofNobody).verdict).to.equal("ok");
  });

  it("refuses one that hosts virtual machines, by the VM host's name", () => {
    const { verdict, found, next } = judged(machine(), { vmHosts: new Map([["aaa000", "lxd-7"]]) });
    expect([verdict, found]).to.deep.equal(["refused", "hosts virtual machines (VM host lxd-7)"]);
    expect(next).to.equal("remove the VM host lxd-7 in MAAS first, then: pulumi destroy");
    expect(judged(machine(), { vmHosts: new Map([["bbb111", "lxd-7"]]) }).verdict).to.equal("ok");
  });
});

describe("machine guard: somebody else's", () => {
  it("is another model's, or more than the remains of a failed release", () => {
    const its = (uuid?: string) => (uuid ? { ownerData: { "juju-model-uuid": uuid } } : { ownerData: {} });
    expect(somebodyElses(machine(its(otherUuid), "failed_releasing"), recordedModel)).to.equal(true);
    expect(somebodyElses(machine(its(modelUuid)), recordedModel)).to.equal(false);
    expect(somebodyElses(machine(its()), recordedModel)).to.equal(true);
    expect(somebodyElses(machine({ ...its(), osystem: "" }), recordedModel)).to.equal(false);
    expect(somebodyElses(machine(its(), "allocated"), recordedModel)).to.equal(true);
    expect(somebodyElses(machine(its(), "ready"), recordedModel)).to.equal(false);
    // Adopted without its model: what it was deployed for may be the one that is gone.
    expect(somebodyElses(machine(its(otherUuid), "failed_disk_erasing"), undefined)).to.equal(false);
    expect(somebodyElses(machine(its(otherUuid)), undefined)).to.equal(true);
  });
});

describe("machine guard: a machine that is not there", () => {
  it("refuses, with the setting that accepts it", () => {
    const finding = judgeAbsent(recordedMachine(), undefined, settingsWith({ acceptDeleted: "ccc999" }));
    expect(finding).to.deep.equal({
      guard: "machine",
      subject: "openstack0 aaa000",
      verdict: "refused",
      found: "is no longer in MAAS",
      expected: "the machine recorded at `up`",
      next: "pulumi destroy -c acceptDeleted=ccc999,aaa000   # accepts it as deleted",
      machine: "openstack0",
    });
    const all = judgeAbsent(recordedMachine(), undefined, settingsWith(), ["aaa000", "bbb111"]);
    expect(all.next).to.include("-c acceptDeleted=aaa000,bbb111 ");
  });

  it("refuses when another machine has its name", () => {
    const finding = judgeAbsent(recordedMachine(), machine({ systemId: "ccc222" }), settingsWith());
    expect(finding).to.include({
      verdict: "refused",
      found: "is another machine now: ccc222; the lab was rebuilt since `up`",
      expected: "system_id aaa000",
      next: "pulumi up   # records today's lab; then: pulumi preview",
      machine: "openstack0",
    });
  });

  it("notes it when it is accepted", () => {
    const accepted = judgeAbsent(recordedMachine(), undefined, settingsWith({ acceptDeleted: "aaa000" }));
    expect(accepted).to.include({
      verdict: "note",
      found: "deleted from MAAS, accepted",
      machine: "openstack0",
    });
  });
});
