import { expect } from "chai";
import { leftToUs } from "../../faults/lab.ts";
import { destructive, tornDown, until } from "../../faults/witness.ts";
import { machines } from "../lab.ts";
import { adoptedStack, type Stack } from "../stack.ts";

describe("the nine rules, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  afterEach(async () => {
    await stack?.end();
  });

  describe("3: idempotent and resumable", () => {
    it("ends in the same place after the engine was killed in the middle", async () => {
      stack = await adoptedStack(leftToUs);
      const running = stack.start("destroy", "--yes", "--skip-preview");
      await until("it goes on", () => stack.journal().some(({ event }) => event === "release-called"));
      running.kill("SIGKILL");
      await running.ended;
      const locked = await stack.destroy();
      expect(locked.output).to.include("the stack is currently locked");
      expect((await stack.pulumi("cancel", "--yes")).code).to.equal(0);
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      expect(stack.runs()).to.have.length(1);
      await tornDown(stack);
      const releases = destructive(stack).filter(({ what }) => /machines.\w{6}.\?op=release/.test(what));
      expect(releases.length).to.be.within(5, 10);
    });

    it("finishes after half of a destroy, an up, and a destroy", async () => {
      stack = await adoptedStack({
        scenario: {
          machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 9 }] } }),
        },
      });
      const half = await stack.destroy();
      expect(half.code).to.not.equal(0);
      await stack.lab.control({ op: "clear-faults" });
      const again = await stack.up();
      expect(again.code, again.output).to.equal(0);
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      await tornDown(stack);
    });
  });
});
