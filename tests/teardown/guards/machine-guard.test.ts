import { expect } from "chai";
import { type MaasMachine, machineStatuses, type StatusLabel } from "../../../teardown/clients/maas.ts";
import {
  judgeMachine,
  type MachineSurroundings,
  somebodyElses,
} from "../../../teardown/guards/machine-guard.ts";
import { wordsOf } from "../../../teardown/guards/say.ts";
import { host, machine, modelUuid, otherUuid, recordedMachine, recordedModel } from "../support/fakes.ts";

const around = (more: Partial<MachineSurroundings> = {}): MachineSurroundings => ({
  host,
  model: recordedModel,
  liveModels: new Set([modelUuid, otherUuid]),
  wholeOf: recordedModel.controllerUuid,
  vmHosts: new Map(),
  ofModel: new Set(),
  begun: new Set(),
  releaseUnclaimed: [],
  ...more,
});
/** What is found, with its words. */
const judged = (
  seen: MaasMachine,
  more: Partial<MachineSurroundings> = {},
  recorded = recordedMachine(),
  maasProfile = "admin",
) => {
  const finding = judgeMachine(seen, recorded, around(more));
  const { code, verdict, machine: alone } = finding;
  return { code, verdict, machine: alone, ...wordsOf(finding, { maasProfile }) };
};
const inNoModel = { ownerData: {} };

describe("machine guard", () => {
  it("is content with the recorded machine, deployed, ours, unlocked", () => {
    expect(judged(machine())).to.deep.equal({
      code: "machine",
      guard: "machine",
      subject: "openstack0 aaa000",
      verdict: "ok",
      found: "Deployed, owned by admin, unlocked",
      machine: "openstack0",
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
      const { code, verdict, found, next } = judged(machine({}, label));
      const releasable = release === "releasable" || release === "failed-retryable";
      const [expected, text] = said[release] ?? [
        releasable ? "ok" : "refused",
        releasable ? `${name}, owned by admin, unlocked` : `is ${name}, and MAAS does not release from there`,
      ];
      expect([verdict, found], label).to.deep.equal([expected, text]);
      expect(code).to.equal(expected === "refused" ? "machine-not-releasable" : "machine");
      if (expected === "refused")
        expect(next).to.equal("bring it to Ready in MAAS (machine aaa000), then: pulumi destroy");
    }
    expect(judged(machine({ status: 99, statusName: "Odd" })).found).to.include(
      "is Odd, and MAAS does not release",
    );
  });

  it("refuses one that is called otherwise now", () => {
    expect(judged(machine({ hostname: "ceph7" }))).to.deep.equal({
      code: "machine-renamed",
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
      const { code, verdict, found, next } = judged(machine(here, label), {}, recordedMachine(here));
      expect([code, verdict, found], label).to.deep.equal([
        "machine-is-this-host",
        "refused",
        "is the host that this runs on",
      ]);
      expect(next).to.equal("take it off the list `machines`, then: pulumi up");
    }
  });

  it("refuses a locked one with the command that unlocks it; a lock on one that is Ready is none of its business", () => {
    const { code, verdict, found, next } = judged(machine({ locked: true }));
    expect([code, verdict, found]).to.deep.equal(["machine-locked", "refused", "is locked"]);
    expect(next).to.equal("maas admin machine unlock aaa000   # then: pulumi destroy");
    expect(judged(machine({ locked: true }), {}, recordedMachine(), "").next).to.include(
      "maas <profile> machine unlock",
    );
    expect(judged(machine({ locked: true }, "ready")).verdict).to.equal("ok");
  });

  it("refuses a controller's machine even when everything else fits", () => {
    const controllers = { ownerData: { "juju-is-controller": "true", "juju-model-uuid": modelUuid } };
    expect(judged(machine(controllers))).to.include({
      verdict: "refused",
      code: "machine-is-controllers",
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
      code: "machine-of-other-controller",
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
      code: "machine-of-other-model",
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

  it("takes another model for gone by the whole list of its own controller only, or when it is permitted", () => {
    const gone = { model: undefined, liveModels: new Set([modelUuid]) };
    const of = (controller?: string) =>
      machine({
        ownerData: {
          "juju-model-uuid": otherUuid,
          ...(controller !== undefined && { "juju-controller-uuid": controller }),
        },
      });
    expect(judged(of(recordedModel.controllerUuid), gone).verdict).to.equal("ok");
    const cases: [MaasMachine, Partial<MachineSurroundings>][] = [
      [of(otherUuid), gone],
      [of(), { ...gone, wholeOf: undefined }],
      [of(recordedModel.controllerUuid), { ...gone, wholeOf: undefined }],
    ];
    for (const [seen, more] of cases) {
      expect(judged(seen, more)).to.include({
        verdict: "refused",
        code: "machine-of-other-model",
        found: `belongs to the Juju model ${otherUuid}, which may be alive: this user does not see all models of its controller`,
        next: "find out who uses it; take it off the list `machines`, then: pulumi up",
      });
      expect(judged(seen, { ...more, releaseUnclaimed: ["aaa000"] }).verdict).to.equal("ok");
    }
    const alive = { model: undefined, releaseUnclaimed: ["aaa000"] };
    expect(judged(of(), alive).verdict).to.equal("refused");
  });

  it("refuses one of which nothing says that it is the model's, although its owner is right", () => {
    const claims = (more: Partial<MachineSurroundings>, seen: Partial<MaasMachine> = {}) =>
      judged(machine({ ...inNoModel, ...seen }), more).verdict;
    for (const label of ["deployed", "allocated", "failed_releasing", "broken"] as const)
      expect(judged(machine(inNoModel, label)), label).to.include({
        verdict: "refused",
        code: "machine-unclaimed",
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
      code: "machine-other-owner",
      found: "is owned by eve now",
      expected: "owner admin, as recorded at `up`",
    });
    expect(judged(machine({ owner: null })).found).to.equal("has no owner now");
    const ofNobody = recordedMachine({ owner: "" });
    expect(judged(machine(), {}, ofNobody).expected).to.equal("no owner, as recorded at `up`");
    expect(judged(machine({ owner: null }), {}, ofNobody).verdict).to.equal("ok");
  });

  it("refuses one that hosts virtual machines, by the VM host's name", () => {
    const { code, verdict, found, next } = judged(machine(), { vmHosts: new Map([["aaa000", "lxd-7"]]) });
    expect([code, verdict, found]).to.deep.equal([
      "machine-hosts-vms",
      "refused",
      "hosts virtual machines (VM host lxd-7)",
    ]);
    expect(next).to.equal("remove the VM host lxd-7 in MAAS first, then: pulumi destroy");
    expect(judged(machine(), { vmHosts: new Map([["bbb111", "lxd-7"]]) }).verdict).to.equal("ok");
  });
});

describe("whether a machine is somebody else's after its release", () => {
  const theirs = (more: Partial<MaasMachine>, label: StatusLabel = "deployed") =>
    somebodyElses(machine(more, label), recordedModel);

  it("is seen by its model, and without one by its system", () => {
    const others = { ownerData: { "juju-model-uuid": otherUuid } };
    expect(theirs(others)).to.equal(true);
    expect(theirs(others, "failed_releasing")).to.equal(true);
    expect(theirs({})).to.equal(false);
    expect(somebodyElses(machine(), undefined)).to.equal(true);
    expect(theirs(inNoModel)).to.equal(true);
    expect(theirs(inNoModel, "allocated")).to.equal(true);
  });

  it("is not said of the remains of a failed release, nor of one that is under way or done", () => {
    expect(theirs({ ...inNoModel, osystem: "" })).to.equal(false);
    expect(theirs(inNoModel, "failed_releasing")).to.equal(false);
    for (const label of ["ready", "releasing", "disk_erasing", "commissioning"] as const)
      expect(theirs(inNoModel, label), label).to.equal(false);
  });

  it("goes by nobody's name: the owner proves nothing", () => {
    expect(theirs({ owner: "eve" })).to.equal(false);
    expect(theirs({ ...inNoModel, owner: "admin" })).to.equal(true);
  });

  it("is not said of one whose model is gone, when the lab was adopted without it", () => {
    const others = { ownerData: { "juju-model-uuid": otherUuid } };
    expect(somebodyElses(machine(others, "failed_disk_erasing"), undefined)).to.equal(false);
    expect(somebodyElses(machine(others), undefined)).to.equal(true);
  });
});
