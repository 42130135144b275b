import { expect } from "chai";
import { machineStatuses, releaseEffect, statusName } from "../../../../teardown/clients/maas.ts";
import { recordedMaas } from "../support/recordings.ts";

describe("MAAS client: statuses", () => {
  it("numbers all 23 of them without a gap", () => {
    const numbers = Object.values(machineStatuses).map(({ status }) => status);
    expect(numbers).to.deep.equal(Array.from({ length: 23 }, (_, index) => index));
  });

  it("says of each status what the recorded release did", () => {
    // The machine before is known from the 409's words, or from the table of the recordings (b35 to b74, in this order).
    const recordings = {
      b35: "new",
      b37: "commissioning",
      b39: "failed_commissioning",
      b41: "missing",
      b43: "reserved",
      b45: "retired",
      b47: "broken",
      b49: "deploying",
      b51: "failed_deployment",
      b53: "releasing",
      b55: "failed_releasing",
      b57: "disk_erasing",
      b59: "failed_disk_erasing",
      b61: "rescue_mode",
      b63: "entering_rescue_mode",
      b65: "failed_entering_rescue_mode",
      b67: "exiting_rescue_mode",
      b69: "failed_exiting_rescue_mode",
      b71: "testing",
      b73: "failed_testing",
      b31: "ready",
      b01: "deployed",
      b29: "allocated",
    } as const;
    for (const [recording, label] of Object.entries(recordings)) {
      const { status, body } = recordedMaas(recording);
      const facts = machineStatuses[label];
      const isRefused = facts.release === "not-releasable" || facts.release === "erasing";
      expect(status, label).to.equal(isRefused ? 409 : 200);
      if (isRefused) expect(body, label).to.contain(`('${facts.name}')`);
    }
    expect(new Set(Object.values(recordings)).size).to.equal(23);
  });

  it("takes a status of a later MAAS for one that cannot be released", () => {
    expect(releaseEffect(99)).to.equal("not-releasable");
    expect(statusName(99)).to.equal("status 99");
    expect(releaseEffect(13)).to.equal("failed-retryable");
    expect(statusName(13)).to.equal("Releasing failed");
  });
});
