import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { projectRoot } from "../environment.ts";
import { temporaryDirectory } from "./support/temporary.ts";

const check = join(projectRoot, "packages/toolchain/node-version.cjs");

describe("an older `node` on PATH", () => {
  const directory = temporaryDirectory();
  const run = (version: string, argv: readonly string[]) => {
    const pretend = join(directory(), "pretend.cjs");
    writeFileSync(
      pretend,
      `for (const [on, name, value] of [[process.versions, "node", "${version}"], [process, "version", "v${version}"]])
         Object.defineProperty(on, name, { value });`,
    );
    return execa(process.execPath, ["--require", pretend, ...argv], { reject: false });
  };

  it("gives one line and the code for `the user has been told`, before the program is read", async () => {
    const program = join(directory(), "program.js");
    writeFileSync(program, "this is no JavaScript");
    const { exitCode, stderr, stdout } = await run("20.20.2", ["--require", check, program]);
    expect([exitCode, stdout]).to.deep.equal([32, ""]);
    expect(stderr.split("\n")).to.have.length(1);
    expect(stderr)
      .to.contain("needs Node 24 or later; `node` on PATH is v20.20.2")
      .and.to.contain("make -s env");
  });

  it("is an error for whoever requires the check", async () => {
    const program = join(directory(), "program.cjs");
    writeFileSync(
      program,
      `try { require(${JSON.stringify(check)}) } catch (error) { console.log(error.message) }`,
    );
    expect((await run("22.0.0", [program])).stdout).to.match(/^This project needs Node 24/);
  });

  for (const version of ["24.0.0", "26.1.0"])
    it(`says nothing about ${version}`, async () => {
      const { exitCode, stderr } = await run(version, [check]);
      expect([exitCode, stderr]).to.deep.equal([0, ""]);
    });
});
