import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parse } from "yaml";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import { settingKeys } from "../../teardown/config/settings.ts";
import { makeStack, type Stack } from "../e2e/stack.ts";

const template = readFileSync(join(projectRoot, "Pulumi.template.yaml"), "utf8");

describe("docs/another-lab.md and Pulumi.template.yaml", function () {
  this.timeout(120_000);
  let stack: Stack;
  after(() => stack?.end());

  it("has keys of this project only, also where they are commented out, and five lines to edit", () => {
    const keys = [...template.matchAll(/^ {2}(?:# )?openstack-lab:(\w+):/gm)].map(([, key]) => key);
    expect(settingKeys).to.include.members(keys);
    expect(Object.keys((parse(template) as { config: object }).config)).to.have.length(5);
    const everything = template.replaceAll(/^ {2}# (openstack-lab:)/gm, "  $1");
    expect(Object.keys((parse(everything) as { config: object }).config)).to.have.members(
      keys.map((key) => `openstack-lab:${key}`),
    );
  });

  it("is copied, edited, adopted, and kept by stack rm --preserve-config", async () => {
    stack = await makeStack();
    const file = join(stack.project, "Pulumi.garage.yaml");
    const here = parse(readFileSync(join(stack.project, "Pulumi.sim.yaml"), "utf8")) as {
      config: Record<string, string>;
    };
    cpSync(join(projectRoot, "Pulumi.template.yaml"), file);
    const pulumi = async (...args: string[]) => {
      const { exitCode, all } = await execa("pulumi", [...args, "--non-interactive", "--color", "never"], {
        cwd: stack.project,
        env: stack.env,
        reject: false,
        all: true,
      });
      expect(exitCode, all).to.equal(0);
      return all;
    };
    await pulumi("stack", "init", "garage");
    const edited = readFileSync(file, "utf8")
      .replace(/(host:) \S+/, `$1 ${here.config["openstack-lab:host"]}`)
      .replace(/(user:) \S+/, `$1 ${here.config["openstack-lab:user"]}`);
    expect(edited).to.include("encryptionsalt").and.to.include("# The five lines.");
    writeFileSync(file, edited.replace("config:\n", "config:\n  openstack-lab:simulated: true\n"));
    expect(await pulumi("up", "--yes", "--skip-preview")).to.include("12 created");
    await pulumi("stack", "rm", "garage", "--force", "--yes", "--preserve-config");
    expect(existsSync(file)).to.equal(true);
  });
});
