import { expect } from "chai";
import { throwIfStopped, whyStopped } from "../../teardown/stopping.ts";
import { contextWith, problemOf } from "./support/fakes.ts";

const stoppedWith = (reason?: unknown) => {
  const controller = new AbortController();
  controller.abort(reason);
  return contextWith({ signal: controller.signal });
};

describe("stopping", () => {
  it("is nothing while nobody has stopped anything", () => {
    throwIfStopped(contextWith(), "all goes on");
  });

  it("says who stopped it, what goes on meanwhile, and that the next destroy takes up", async () => {
    const { code, message } = await problemOf(() =>
      throwIfStopped(stoppedWith({ why: "cancelled" }), "MAAS goes on"),
    );
    expect(code).to.equal("interrupted");
    expect(message).to.match(/^cancelled by the operator; MAAS goes on\n/);
    expect(message).to.include("pulumi destroy   # continues where this one stopped");
    expect(message).to.not.include("deadline");
  });

  it("tells the deadline apart, and how to have more time", async () => {
    const { code, message } = await problemOf(() =>
      throwIfStopped(stoppedWith({ why: "deadline", after: 3_600_000 }), "MAAS goes on"),
    );
    expect(code).to.equal("deadline");
    expect(message).to.match(/^the deadline of 1 h has passed; MAAS goes on\n/);
    expect(message).to.include("pulumi destroy -c deadline=");
  });

  it("has words for an abort without any", () => {
    expect(whyStopped(stoppedWith().signal)).to.equal("the operation was stopped");
    expect(whyStopped(stoppedWith(new Error("x")).signal)).to.equal("the operation was stopped");
  });
});
