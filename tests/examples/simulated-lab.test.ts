import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { startSimulatedLab } from "../../examples/simulated-lab/simulated-stack.ts";
import { tryLock } from "../../packages/toolchain/lock.ts";

describe("`make lab` while a lab runs in the same folder", () => {
  it("is refused by naming that one's process, and touches nothing", async () => {
    const directory = mkdtempSync(join(tmpdir(), "second-lab-"));
    try {
      expect(tryLock(join(directory, "lock"))).to.equal(undefined);
      writeFileSync(join(directory, "calls.jsonl"), "of the running lab");
      const outcome = await startSimulatedLab(directory).then(
        (lab) => lab.stop(),
        (error: unknown) => error,
      );
      expect(String(outcome)).to.contain(`already, as process ${process.pid}. End it first`);
      expect(readFileSync(join(directory, "calls.jsonl"), "utf8")).to.equal("of the running lab");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
