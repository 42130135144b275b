import { rmSync } from "node:fs";
import { expect } from "chai";
import { fault, set } from "../../faults/lab.ts";
import { tornDown, untouched } from "../../faults/witness.ts";
import { adoptedStack, type Stack } from "../stack.ts";

const noBundle = { side: "juju", command: "export-bundle", times: 1, kind: "rc1-empty" };
const capturedBeforeDestroying = (stack: Stack): void => {
  const events = stack.journal().map(({ event }) => event);
  expect(events.indexOf("captured"))
    .to.be.greaterThan(-1)
    .and.below(events.findIndex((event) => /release-called|destroy-model-called/.test(event)));
};

describe("the nine rules, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  afterEach(async () => {
    await stack?.end();
  });

  describe("1: guards and capture belong to the run, not to the resources", () => {
    it("asks the guards again, and captures anew, when the capture failed before", async () => {
      stack = await adoptedStack();
      await fault(stack, noBundle);
      const failed = await stack.destroy();
      expect(failed.code, failed.output).to.not.equal(0);
      expect(failed.output).to.include("no verified capture");
      untouched(stack);
      expect(stack.resources().some((urn) => urn.includes("Preflight"))).to.equal(false);

      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      expect(stack.runs()).to.have.length(1);
      const events = stack.journal().map(({ event }) => event);
      expect(events.filter((event) => event === "guards-passed")).to.have.length(2);
      expect(events.filter((event) => event === "captured").length).to.be.at.least(1);
      await tornDown(stack);
    });

    it("captures by itself when the capture failed before and the run directory is lost since", async () => {
      stack = await adoptedStack();
      await fault(stack, noBundle);
      expect((await stack.destroy()).code).to.not.equal(0);
      rmSync(stack.backups, { recursive: true });
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      capturedBeforeDestroying(stack);
      await tornDown(stack);
    });

    it("guards and captures before a machine's release even when Preflight and Backup have left the state", async () => {
      stack = await adoptedStack();
      for (const type of ["Preflight", "command:local:Command"]) {
        const urn = stack.resources().find((each) => each.includes(type)) ?? "";
        const { code, output } = await stack.pulumi("state", "delete", urn, "--yes");
        expect(code, output).to.equal(0);
      }
      await set(stack, "openstack3", { locked: true });
      const refused = await stack.destroy();
      expect(refused.code).to.not.equal(0);
      expect(refused.output).to.include("is locked");
      untouched(stack);

      await set(stack, "openstack3", { locked: false });
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      capturedBeforeDestroying(stack);
      await tornDown(stack);
    });
  });
});
