import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { environmentOf, projectRoot, toolchainEnvironment } from "../environment.ts";
import { layoutOf } from "../layout.ts";
import { type Part, partsTable } from "../parts.ts";
import { versions } from "../versions.ts";

const layout = layoutOf("/project");
const part = (name: string, origin: Part["origin"], path: string): Part => ({
  name,
  origin,
  path,
  version: "1.2.3",
});
const official = [
  part("pulumi", "official", "/opt/pulumi/pulumi"),
  part("pulumi-language-nodejs", "official", "/opt/pulumi/pulumi-language-nodejs"),
  part("pulumi-resource-command", "official", "/home/u/.pulumi/plugins/x/pulumi-resource-command"),
];
const withStandIn = [...official.slice(0, 2), part("pulumi-resource-command", "stand-in", "/project/x")];

describe("the environment of the toolchain", () => {
  it("puts the CLI's directory before node_modules/.bin, whose `pulumi` dies at Ctrl-C, and each directory once", () => {
    const { PATH } = environmentOf(layout, official, { PATH: "/usr/bin:/project/node_modules/.bin:/bin" });
    expect(PATH).to.equal("/opt/pulumi:/project/node_modules/.bin:/usr/bin:/bin");
  });

  it("leaves PULUMI_HOME alone unless a stand-in is used", () => {
    expect(environmentOf(layout, official, {})).not.to.have.any.keys(
      "PULUMI_HOME",
      "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    );
    expect(environmentOf(layout, withStandIn, {})).to.include({
      PULUMI_HOME: "/project/.toolchain/pulumi-home",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
  });

  it("finds this project's toolchain", async () => {
    const { env, pulumi, parts } = await toolchainEnvironment();
    expect(parts.map(({ path }) => path)).to.include(pulumi);
    expect(env.PATH).to.contain(join(projectRoot, "node_modules/.bin"));
  });

  it("shows its parts as an aligned table", () => {
    expect(partsTable(withStandIn).split("\n")).to.deep.equal([
      "part                     version  origin    path",
      "pulumi                   1.2.3    official  /opt/pulumi/pulumi",
      "pulumi-language-nodejs   1.2.3    official  /opt/pulumi/pulumi-language-nodejs",
      "pulumi-resource-command  1.2.3    stand-in  /project/x",
    ]);
  });

  it("provides the versions that package.json and go.mod pin", () => {
    const { dependencies, engines } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
    expect(dependencies).to.include({
      pulumi: versions.pulumi,
      "@pulumi/pulumi": versions.pulumi,
      "@pulumi/command": versions.command,
    });
    expect(engines.node).to.equal(`>=${versions.node}`);
    const goMod = readFileSync(join(projectRoot, "packages/toolchain/engine/go.mod"), "utf8");
    for (const module of ["pkg", "sdk"])
      expect(goMod).to.contain(`github.com/pulumi/pulumi/${module}/v3 v${versions.pulumi}`);
  });
});
