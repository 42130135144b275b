import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { environmentOf, projectRoot, toolchainEnvironment } from "../environment.ts";
import { acceptsPulumi, layoutOf, type Part, partsLine, partsTable, versions } from "../parts.ts";

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
  it("puts Node and the CLI before node_modules/.bin, whose `pulumi` dies at Ctrl-C, and each directory once", () => {
    const { PATH } = environmentOf(layout, official, { PATH: "/usr/bin:/project/node_modules/.bin:/bin" });
    expect(PATH).to.equal("/project/.toolchain/bin:/project/node_modules/.bin:/usr/bin:/bin");
  });

  it("uses the user's PULUMI_HOME, and one of its own for a stand-in", () => {
    const of = (parts: readonly Part[], env: NodeJS.ProcessEnv) =>
      environmentOf(layout, parts, env).PULUMI_HOME;
    expect(of(official, { HOME: "/home/u" })).to.equal("/home/u/.pulumi");
    expect(of(official, { HOME: "/home/u", PULUMI_HOME: "/other" })).to.equal("/other");
    expect(of(withStandIn, { HOME: "/home/u" })).to.equal("/project/.toolchain/pulumi-home");
  });

  it("finds this project's toolchain", async () => {
    const { env, pulumi } = await toolchainEnvironment();
    expect(pulumi).to.equal(join(projectRoot, ".toolchain/bin/pulumi"));
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

  it("names its parts in one line", () => {
    expect(partsLine(withStandIn)).to.equal(
      "pulumi 1.2.3 (official), pulumi-language-nodejs 1.2.3 (official), pulumi-resource-command 1.2.3 (stand-in)",
    );
  });

  it("provides the versions that package.json, Pulumi.yaml and go.mod pin", () => {
    const read = (file: string) => readFileSync(join(projectRoot, file), "utf8");
    const { dependencies, devDependencies, engines } = JSON.parse(read("package.json"));
    expect(dependencies).to.include({ "@pulumi/command": versions.command });
    expect(devDependencies).to.include({ "@pulumi/pulumi": versions.pulumi });
    expect(JSON.parse(read("packages/toolchain/package.json")).dependencies).to.include({
      pulumi: versions.pulumi,
    });
    expect(engines.node).to.equal(`>=${versions.node}`);
    const { requiredPulumiVersion } = parse(read("Pulumi.yaml"));
    expect(requiredPulumiVersion).to.equal(`>=${versions.oldestPulumi} <4.0.0`);
    expect(acceptsPulumi(versions.oldestPulumi)).to.equal(true);
    for (const module of ["pkg", "sdk"])
      expect(read("packages/toolchain/engine/go.mod")).to.contain(
        `github.com/pulumi/pulumi/${module}/v3 v${versions.pulumi}`,
      );
    expect(read("packages/toolchain/language-host/go.mod")).to.contain(
      `github.com/pulumi/pulumi/sdk/v3 v${versions.languageHost}`,
    );
  });
});
