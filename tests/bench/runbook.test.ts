import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { five, runRunbook } from "../../bench/labs.ts";

describe("the runbook as a script, on the simulated lab", function () {
  this.timeout(90_000);
  it("captures, releases all machines, and ends when the model is gone and all are Ready", async () => {
    const directory = mkdtempSync(join(tmpdir(), "runbook-"));
    try {
      const plan = { hostnames: five, speed: 120, reap: 2, release: 1, latency: false };
      const { total, captured, released } = await runRunbook(plan, directory);
      expect(captured).to.be.above(0);
      expect(released).to.be.above(captured);
      expect(total).to.be.at.least(released);
      const [run = ""] = readdirSync(join(directory, "home/backups"));
      expect(readdirSync(join(directory, "home/backups", run))).to.include.members([
        "bundle-pre-destroy.yaml",
        "juju-status-pre-destroy.yaml",
        "juju-models-pre-destroy.yaml",
      ]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
