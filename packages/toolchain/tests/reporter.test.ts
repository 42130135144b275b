import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { projectRoot } from "../environment.ts";
import { temporaryDirectory } from "./support/temporary.ts";

describe("the test reporter", () => {
  const directory = temporaryDirectory();

  for (const mode of ["--no-parallel", "--parallel"])
    it(`counts what passed and failed, and names what was skipped (${mode})`, async () => {
      const tests = join(directory(), "some.test.cjs");
      writeFileSync(
        tests,
        'it("a", () => {}); it("b", () => {}); it("c", () => { throw new Error("no"); }); describe("d", () => it.skip("e [needs f]", () => {}));',
      );
      const totals = join(directory(), "totals.json");
      const mocha = [
        join(projectRoot, "node_modules/mocha/bin/mocha.js"),
        "--no-config",
        "--reporter",
        join(projectRoot, "packages/toolchain/reporter.ts"),
      ];
      const { exitCode, stdout } = await execa(process.execPath, [...mocha, mode, tests], {
        cwd: directory(),
        env: { TEST_TOTALS: totals },
        reject: false,
      });
      expect(exitCode).to.equal(1);
      expect(stdout).to.contain("2 passing").and.to.contain("1 failing");
      expect(JSON.parse(readFileSync(totals, "utf8"))).to.deep.equal({
        passed: 2,
        failed: 1,
        skipped: ["d e [needs f]"],
      });
    });
});
