import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { tornDown, untouched } from "../../faults/witness.ts";
import { machines } from "../lab.ts";
import { adoptedStack, makeStack, type Stack } from "../stack.ts";

/** The files below a folder; not what links lead to: a stack's project links to the checkout and its node_modules. */
const filesOf = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? filesOf(path) : entry.isFile() ? [path] : [];
      })
    : [];

describe("the nine rules, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  afterEach(async () => {
    await stack?.end();
  });

  describe("6: deleted means done", () => {
    it("retries a release that fails twice, at once, while the model is still dying", async () => {
      stack = await adoptedStack({
        scenario: {
          models: [{ name: "openstack", reap: "12m" }],
          machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 2 }] } }),
        },
      });
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      expect(output).to.match(/openstack2.*trying again/);
      const journal = stack.journal();
      const gone = journal.find((event) => event.event === "model-state" && event.state === "gone");
      const retried = journal.filter(
        (event) => event.event === "release-called" && event.hostname === "openstack2",
      );
      expect(retried).to.have.length(3);
      expect(Date.parse(retried.at(-1)?.at ?? "")).to.be.below(Date.parse(gone?.at ?? ""));
      await tornDown(stack);
    });

    it("leaves what failed in the stack under its own name, with MAAS's own reason", async () => {
      stack = await adoptedStack({
        scenario: {
          machines: machines({
            capi: {},
            "capi-mgmt": { faults: [{ answer: "power-fails-500", times: 9 }] },
          }),
        },
      });
      const { code, output } = await stack.destroy();
      expect(code).to.not.equal(0);
      expect(output).to.match(/capi-mgmt \(\w{6}\) is Deployed after 4 failed releases/);
      expect(stack.resources().map((urn) => urn.split("::").at(-1))).to.have.members([
        "lab",
        "exit-criteria",
        "capi-mgmt",
      ]);
      expect(output).to.not.include("proceed to");
      expect(readFileSync(join(stack.runs()[0] ?? "", "report.html"), "utf8")).to.include("capi-mgmt");
    });
  });

  describe("7: no plaintext secret", () => {
    it("is in the state, the output, the journal or the arguments of a process, also when MAAS refuses the key", async () => {
      stack = await makeStack();
      const { apiKey, maasUrl } = stack.lab;
      stack.configure({ maasProfile: undefined, maasApiUrl: `${maasUrl}/MAAS` });
      const wrong = `${apiKey.slice(0, -3)}zzz`;
      const set = await stack.pulumi("config", "set", "--secret", "maasApiKey", wrong);
      expect(set.code, set.output).to.equal(0);
      const refused = await stack.up();
      expect(refused.code).to.not.equal(0);
      await stack.pulumi("config", "set", "--secret", "maasApiKey", apiKey);
      const adopted = await stack.up();
      expect(adopted.code, adopted.output).to.equal(0);
      const destroyed = await stack.destroy();
      expect(destroyed.code, destroyed.output).to.equal(0);
      const outputs = [refused.output, adopted.output, destroyed.output];
      const secrets = [apiKey.split(":")[2] ?? "", wrong.split(":")[2] ?? ""];
      for (const secret of secrets) {
        for (const output of outputs) expect(output).to.not.include(secret);
        for (const file of [stack.state, stack.backups, stack.project].flatMap(filesOf))
          expect(readFileSync(file, "utf8"), file).to.not.include(secret);
      }
      await tornDown(stack);
    });
  });

  describe("8: errors are for the operator", () => {
    it("reports several failed guards together, with what to type, and no stack trace", async () => {
      stack = await adoptedStack();
      await stack.lab.control({ op: "set-machine", hostname: "openstack0", fields: { locked: true } });
      await stack.lab.control({ op: "set-machine", hostname: "openstack3", fields: { owner: "somebody" } });
      stack.configure({ user: "jessea123" });
      const { code, output } = await stack.destroy();
      expect(code).to.not.equal(0);
      expect(output).to.include("3 guards refuse").and.include("nothing was touched");
      expect(output).to.match(/maas admin machine unlock \w{6}/);
      expect(output)
        .to.include("is owned by somebody now")
        .and.include("is not the user who tears this lab down");
      expect(output).to.not.match(/\n\s+at .*\.(ts|js):\d+/);
      untouched(stack);
    });

    it("lists every problem of the configuration at once", async () => {
      stack = await makeStack({
        config: {
          host: undefined,
          machines: ["openstack0", "openstack0"],
          erase: "hard",
          stuckAfter: "soon",
          hots: "a typing mistake",
        },
      });
      const { code, output } = await stack.pulumi("preview");
      expect(code).to.not.equal(0);
      for (const key of ["host", "machines", "erase", "stuckAfter", "hots"])
        expect(output, key).to.include(`openstack-lab:${key} `);
      expect(output).to.not.match(/\n\s+at .*\.(ts|js):\d+/);
    });
  });
});
