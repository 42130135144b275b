import { expect } from "chai";
import { summary, unexplainedFailure } from "../totals.ts";

describe("the summary of a test run", () => {
  it("ends with the totals, below the names of skipped tests", () => {
    expect(
      summary({ passed: 7, failed: 1, skipped: ["a disk is full [needs the right to mount]"] }),
    ).to.equal("skipped: a disk is full [needs the right to mount]\n7 passed, 1 failed, 1 skipped");
    expect(summary({ passed: 7, failed: 0, skipped: [] })).to.equal("7 passed, 0 failed, 0 skipped");
  });
});

describe("a run of mocha that failed without a failed test", () => {
  it("is told, and why", () => {
    expect(unexplainedFailure({ passed: 0, failed: 0 }, undefined, "SIGKILL")).to.equal(
      "mocha was ended by SIGKILL",
    );
    expect(unexplainedFailure({ passed: 7, failed: 0 }, 1, undefined)).to.equal(
      "mocha ended with exit code 1, although no test failed",
    );
    expect(unexplainedFailure({ passed: 0, failed: 0 }, 0, undefined)).to.equal("no test was run");
  });

  it("is not invented", () => {
    expect(unexplainedFailure({ passed: 7, failed: 0 }, 0, undefined)).to.equal(undefined);
    expect(unexplainedFailure({ passed: 7, failed: 1 }, 1, undefined)).to.equal(undefined);
  });
});
