import { expect } from "chai";
import { unexplainedFailure } from "../totals.ts";

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
