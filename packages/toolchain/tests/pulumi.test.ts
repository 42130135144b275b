import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { projectRoot, toolchainEnvironment } from "../environment.ts";
import { temporaryDirectory } from "./support/temporary.ts";

const program = `
import * as pulumi from "@pulumi/pulumi";
import * as command from "@pulumi/command";
const provider: pulumi.dynamic.ResourceProvider = {
  async create(inputs: any) { return { id: "one", outs: inputs }; },
  async delete() { console.log("deleted with node " + process.versions.node.split(".")[0]); },
};
class Thing extends pulumi.dynamic.Resource {
  constructor(name: string) { super(provider, name, { size: 1 }, undefined, "lab", "Thing"); }
}
const config = new pulumi.Config();
if (config.get("broken")) throw new pulumi.RunError("the list of machines is empty");
const thing = new Thing("thing");
const made = new command.local.Command("made", {
  create: "echo created",
  delete: "echo noise; echo \\"was $PULUMI_COMMAND_STDOUT\\"; test -z \\"$FAIL_DELETE\\"",
}, { dependsOn: thing });
export const said = made.stdout;
`;

describe("pulumi with this toolchain", () => {
  const directory = temporaryDirectory();

  const project = async () => {
    const files: Readonly<Record<string, string>> = {
      "Pulumi.yaml": `name: sample
runtime:
  name: nodejs
  options:
    typescript: false
    nodeargs: --require ./node-version.cjs
main: index.ts
backend: {url: "file://${join(directory(), "state")}"}
`,
      "package.json": JSON.stringify({ type: "module", dependencies: { "@pulumi/command": "1.2.1" } }),
      "index.ts": program,
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory(), name), content);
    mkdirSync(join(directory(), "state"));
    symlinkSync(join(projectRoot, "node_modules"), join(directory(), "node_modules"));
    symlinkSync(
      join(projectRoot, "packages/toolchain/node-version.cjs"),
      join(directory(), "node-version.cjs"),
    );
    const { env, pulumi } = await toolchainEnvironment();
    return async (argv: readonly string[], more: Record<string, string> = {}) => {
      const { exitCode, all } = await execa(pulumi, [...argv, "--non-interactive", "--color", "never"], {
        cwd: directory(),
        env: { ...env, PULUMI_CONFIG_PASSPHRASE: "", PULUMI_STACK: argv[0] === "stack" ? "" : "a", ...more },
        reject: false,
        all: true,
        stdin: "ignore",
      });
      return { exitCode, said: all };
    };
  };

  it("brings a stack up, changes nothing the second time, and takes it down", async () => {
    const pulumi = await project();
    expect((await pulumi(["stack", "init", "a", "--no-select"])).exitCode).to.equal(0);

    const up = await pulumi(["up", "--yes", "--skip-preview"]);
    expect(up.said)
      .to.contain('said: "created"')
      .and.to.match(/\+ 3 created/);
    expect(up.said, "Pulumi may warn of a part that it did not expect").not.to.contain("warning");
    const preview = await pulumi(["preview", "--expect-no-changes"]);
    expect(preview.exitCode, preview.said).to.equal(0);

    const failed = await pulumi(["destroy", "--yes", "--skip-preview"], { FAIL_DELETE: "1" });
    expect(failed.exitCode).not.to.equal(0);
    const diagnostics = failed.said.slice(failed.said.indexOf("Diagnostics:"));
    expect(diagnostics).to.match(/error: exit status 1: running ".*":\s+noise\s+was created\s/);
    expect(diagnostics.match(/noise/g)?.length, "once in the error and once in the script").to.equal(2);

    const destroy = await pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(destroy.exitCode).to.equal(0);
    expect(destroy.said).to.contain("- 3 deleted");
    expect(destroy.said).to.contain(`deleted with node ${process.versions.node.split(".")[0]}`);
    const kept = destroy.said.slice(destroy.said.indexOf("Diagnostics:"));
    expect(kept, "a command's lines are for its row only").not.to.contain("noise");
  }).timeout(120_000);

  it("shows a program's own error as it is, and changes nothing", async () => {
    const pulumi = await project();
    await pulumi(["stack", "init", "a", "--no-select"]);
    await pulumi(["config", "set", "broken", "yes"]);
    const { exitCode, said } = await pulumi(["up", "--yes", "--skip-preview"]);
    expect(exitCode).not.to.equal(0);
    expect(said).to.contain("error: the list of machines is empty").and.not.to.contain("at ");
  }).timeout(120_000);
});
