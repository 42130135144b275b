import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../../packages/toolchain/environment.ts";
import { tornDown, untouched } from "../../faults/witness.ts";
import { adoptedStack, type Stack } from "../stack.ts";

const loadedByTheState = `require("node:module").createRequire(\`\${process.cwd()}/\`)("openstack-lab/late")`;

describe("the nine rules, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  afterEach(async () => {
    await stack?.end();
  });

  describe("4: delete runs today's code with today's settings", () => {
    it("uses the deadline that this destroy was given", async () => {
      stack = await adoptedStack();
      const { code, output } = await stack.destroy("-c", "deadline=5m");
      expect(code, output).to.equal(0);
      const started = stack.journal().find((event) => event.event === "destroy-started");
      expect(started?.event === "destroy-started" && started.settings.deadline).to.equal(300_000);
    });

    it("ends at the deadline, and the next destroy takes it up", async () => {
      stack = await adoptedStack({ scenario: { models: [{ name: "openstack", reap: "10m" }] } });
      const late = await stack.destroy("-c", "deadline=3s");
      expect(late.code).to.not.equal(0);
      expect(late.output).to.include("the deadline of 3.0 s has passed");
      const { code, output } = await stack.destroy("-c", "deadline=2m");
      expect(code, output).to.equal(0);
      await tornDown(stack);
    });

    it("keeps one line of code a resource in the state, and runs what is in the project now", async () => {
      stack = await adoptedStack();
      expect(stack.stateText()).to.not.include("op=release");
      const component = join(stack.project, "components");
      rmSync(component);
      cpSync(join(projectRoot, "components"), component, { recursive: true });
      const preflight = join(component, "preflight.ts");
      writeFileSync(
        preflight,
        readFileSync(preflight, "utf8").replace("guards passed;", "guards passed by today's code;"),
      );
      const { output } = await stack.destroy(
        "--target",
        stack.resources().find((urn) => urn.endsWith("Preflight::preflight")) ?? "",
      );
      expect(output).to.include("guards passed by today's code");
      untouched(stack);
    });
  });

  describe("5: identity is recorded once, at up", () => {
    it("keeps it over a refresh after a machine was made again under its name, and refuses to destroy", async () => {
      stack = await adoptedStack();
      const before =
        (await stack.lab.state()).machines.find(({ hostname }) => hostname === "openstack1")?.systemId ?? "";
      await stack.lab.control({ op: "replace-machine", hostname: "openstack1" });
      const after =
        (await stack.lab.state()).machines.find(({ hostname }) => hostname === "openstack1")?.systemId ?? "";
      expect(after).to.not.equal(before);
      const refreshed = await stack.pulumi("refresh", "--yes", "--skip-preview");
      expect(refreshed.code, refreshed.output).to.equal(0);
      expect(stack.stateText()).to.include(before).and.not.include(after);

      const { code, output } = await stack.destroy();
      expect(code).to.not.equal(0);
      expect(output).to.include(`is another machine now: ${after}`).and.include("pulumi up");
      untouched(stack);

      const adopted = await stack.up();
      expect(adopted.code, adopted.output).to.equal(0);
      expect(stack.stateText()).to.include(after);
      expect(adopted.output).to.include(`openstack1 is another machine: ${after} (was ${before})`);
    });
  });

  describe("9: runs without a build step on a new enough Node", () => {
    it("says in one line, in up and in destroy, that `node` on PATH is too old", () => {
      // The stand-ins always find this project's own Node; the official parts run the `node` of PATH. So the two files that
      // they come across first are tried: a real Node that says it is an old one.
      const directory = mkdtempSync(join(tmpdir(), "old-node-"));
      const pretend = join(directory, "pretend.cjs");
      writeFileSync(
        pretend,
        'Object.defineProperty(process.versions, "node", { value: "20.19.0" }); Object.defineProperty(process, "version", { value: "v20.19.0" });',
      );
      const old = (...args: string[]) =>
        spawnSync(process.execPath, ["--require", pretend, ...args], { cwd: projectRoot, encoding: "utf8" });
      try {
        const up = old("--require", "./packages/toolchain/node-version.cjs", "index.ts");
        expect(up.status).to.equal(32);
        const destroy = old(
          "-e",
          `try { ${loadedByTheState}("preflight").delete() } catch (error) { console.error(\`\${error}: \${error.stack}\`) }`,
        );
        for (const { stderr } of [up, destroy]) {
          expect(stderr)
            .to.match(/needs Node .*24.*v20\.19\.0/)
            .and.not.include("SyntaxError");
          expect(stderr.trim().split("\n")).to.have.length(1);
        }
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    it("loads its components with the line that the state keeps", async () => {
      stack = await adoptedStack();
      expect(stack.stateText()).to.include(JSON.stringify(`${loadedByTheState}(file)`).slice(1, -1));
    });
  });
});
