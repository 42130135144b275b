import { expect } from "chai";
import { listGuard, takeOut } from "../../../teardown/guards/list-guard.ts";
import { recordedLab, settingsWith } from "../support/fakes.ts";

describe("list guard", () => {
  it("is content when the stack and the list hold the same machines, in any order", () => {
    const settings = settingsWith({ machines: ["openstack1", "openstack0"] });
    expect(listGuard(settings, recordedLab())).to.deep.equal([
      { guard: "list", subject: "2 machines", verdict: "ok", found: "the same in the stack and on the list" },
    ]);
  });

  it("refuses a machine that is off the list, for itself alone, with both ways out", () => {
    const [finding, ...more] = listGuard(settingsWith({ machines: ["openstack0"] }), recordedLab());
    expect(more).to.deep.equal([]);
    expect(finding).to.include({ verdict: "refused", subject: "openstack1", machine: "openstack1" });
    expect(finding?.found).to.include("no longer on the list `machines`; it is not touched");
    expect(finding?.next).to.include("put openstack1 back on the list");
    expect(finding?.next).to.include("pulumi state delete '<URN of openstack1>' --yes");
  });

  it("refuses a machine that was never adopted", () => {
    const settings = settingsWith({ machines: ["openstack0", "openstack1", "openstack2"] });
    const [finding] = listGuard(settings, recordedLab());
    expect(finding).to.include({
      verdict: "refused",
      subject: "openstack2",
      next: "pulumi up   # adopts it; then: pulumi preview",
    });
    expect(finding).to.not.have.property("machine");
  });

  it("names the URN when it is known", () => {
    expect(takeOut("openstack1", "urn:pulumi:a::b::c::d")).to.include(
      "pulumi state delete 'urn:pulumi:a::b::c::d' --yes",
    );
  });
});
