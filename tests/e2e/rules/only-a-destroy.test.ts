import { expect } from "chai";
import { leftToUs } from "../../faults/lab.ts";
import { destructive, permitting, tornDown, untouched } from "../../faults/witness.ts";
import { adoptedStack, type Stack } from "../stack.ts";

const emptyProgram = "export const nothing = 1;\n";

describe("the nine rules, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  afterEach(async () => {
    await stack?.end();
  });

  describe("2: only a destroy destroys", () => {
    it("touches nothing when the whole lab is taken out of the program", async () => {
      stack = await adoptedStack();
      stack.program(emptyProgram);
      const { code, output } = await stack.up();
      expect(code).to.not.equal(0);
      expect(output).to.include("destroyed by `pulumi destroy` only");
      untouched(stack);
      expect(stack.runs()).to.deep.equal([]);
      // The next destroy still finishes.
      const destroyed = await stack.destroy();
      expect(destroyed.code, destroyed.output).to.equal(0);
      await tornDown(stack);
    });

    it("touches nothing when one machine is taken off the list, and forgets it in the next up", async () => {
      stack = await adoptedStack({ scenario: { models: [{ name: "openstack", reap: "10m" }] } });
      const kept = ["openstack0", "openstack1", "openstack2", "openstack3"];
      stack.configure({ machines: kept });
      const early = await stack.destroy();
      expect(early.code).to.not.equal(0);
      expect(early.output).to.include("no longer on the list");

      const { code, output } = await stack.up();
      expect(code, output).to.equal(0);
      expect(output).to.include("forgotten: capi-mgmt is no longer on the list `machines`");
      untouched(stack);
      expect(stack.resources().filter((each) => each.endsWith("::capi-mgmt"))).to.deep.equal([]);

      // It still belongs to the model, so Juju would destroy it: that has to be said.
      const unlisted = await stack.destroy();
      expect(unlisted.output).to.include("Juju would destroy it although it is not listed");
      untouched(stack);
      const destroyed = await stack.destroy(...permitting(unlisted, "alsoDestroyed"));
      expect(destroyed.code, destroyed.output).to.equal(0);
      const released = destructive(stack).filter(({ what }) => /machines.\w{6}.\?op=release/.test(what));
      expect(released).to.have.length(4);
    });

    it("refuses --replace and --run-program, and the next plain destroy finishes", async () => {
      stack = await adoptedStack(leftToUs);
      const urn = stack.resources().find((each) => each.endsWith("MaasMachine::openstack1")) ?? "";
      const replaced = await stack.up("--replace", urn);
      expect(replaced.code).to.not.equal(0);
      untouched(stack);
      expect(stack.resources().filter((each) => each === urn)).to.have.length(2);

      const ran = await stack.destroy("--run-program");
      expect(ran.code).to.not.equal(0);
      expect(ran.output).to.include("Run it without: pulumi destroy");
      untouched(stack);

      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      // Two copies of one machine in the state are one machine.
      expect(
        destructive(stack).filter(({ what }) => /machines.\w{6}.\?op=release/.test(what)),
      ).to.have.length(5);
      await tornDown(stack);
    });
  });
});
