import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import { importedPackages, publishedManifest } from "../../packages/toolchain/packaging/manifest.ts";

const project = {
  name: "openstack-lab",
  version: "1.2.3",
  description: "",
  license: "Apache-2.0",
  engines: { node: ">=24" },
  dependencies: { "@pulumi/pulumi": "3.259.0", "@grpc/grpc-js": "1.14.7", zod: "4.6.7", pulumi: "3.259.0" },
};
const packaging = "packages/toolchain/packaging";
const ofSdk = { "@grpc/grpc-js": "^1.10.1" };

describe("the published package.json", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lab-manifest-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("knows the packages that compiled files import, in every spelling", () => {
    mkdirSync(join(folder, "deep"));
    writeFileSync(
      join(folder, "deep", "one.js"),
      [
        'import { readFileSync } from "node:fs";',
        'import {\n  z,\n} from "zod";',
        'import near from "./two.js";',
        'export * from "@pulumi/pulumi/proto/engine_pb.js";',
        'import "execa";',
        'const late = await import("yaml/util");',
      ].join("\n"),
    );
    writeFileSync(join(folder, "types.d.ts"), 'import "chai";');
    expect(importedPackages(folder)).to.deep.equal(["@pulumi/pulumi", "execa", "yaml", "zod"]);
  });

  it("depends on what is imported only, with the program's own SDK and the SDK's own gRPC", () => {
    const imported = ["@grpc/grpc-js", "@pulumi/pulumi", "zod"];
    expect(publishedManifest(project, imported, ofSdk)).to.deep.include({
      version: "1.2.3",
      peerDependencies: { "@pulumi/pulumi": "^3.259.0" },
      dependencies: { "@grpc/grpc-js": "^1.10.1", zod: "4.6.7" },
    });
  });

  it("is refused when the library imports what the project does not depend on", () => {
    expect(() => publishedManifest(project, ["left-pad"], ofSdk)).to.throw(
      "the library imports left-pad, which package.json does not depend on",
    );
  });

  it("gives way to the project's own, also after a packing that was killed", async () => {
    cpSync(join(projectRoot, packaging), join(folder, packaging), { recursive: true });
    writeFileSync(join(folder, ".package.json.kept"), '{"name":"own"}');
    writeFileSync(join(folder, "package.json"), '{"name":"published"}');
    mkdirSync(join(folder, "dist"));
    await execa(process.execPath, [join(folder, packaging, "postpack.ts")]);
    expect(readFileSync(join(folder, "package.json"), "utf8")).to.equal('{"name":"own"}');
    expect(existsSync(join(folder, "dist"))).to.equal(false);
    // Once more does no harm.
    await execa(process.execPath, [join(folder, packaging, "postpack.ts")]);
    expect(readFileSync(join(folder, "package.json"), "utf8")).to.equal('{"name":"own"}');
  });

  it("is not put in place when the library does not compile", async () => {
    for (const name of [packaging, "packages/toolchain/tools.ts", "tsconfig.json"])
      cpSync(join(projectRoot, name), join(folder, name), { recursive: true });
    cpSync(join(projectRoot, "package.json"), join(folder, "package.json"));
    writeFileSync(join(folder, "library.ts"), 'export const lab: number = "none";\n');
    symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"));
    const { exitCode, stderr } = await execa(process.execPath, [join(folder, packaging, "prepack.ts")], {
      reject: false,
    });
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("library.ts(1,14): error TS2322");
    expect(readFileSync(join(folder, "package.json"), "utf8")).to.equal(
      readFileSync(join(projectRoot, "package.json"), "utf8"),
    );
    expect(existsSync(join(folder, "dist"))).to.equal(false);
  }).timeout(60_000);
});
