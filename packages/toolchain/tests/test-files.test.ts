import { globSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { everyTest, processTests, slowTests, unitTests } from "../test-files.ts";

describe("the test files", () => {
  it("are named by patterns and paths that still exist", () => {
    for (const pattern of [...processTests, ...slowTests]) expect(globSync(pattern), pattern).to.not.be.empty;
  });

  it("are each run once by `make test`, and only some by `make test-unit`", () => {
    const all = everyTest();
    expect(all).to.have.length(new Set(all).size);
    expect(all).to.include.members(globSync("tests/**/*.test.ts"));
    expect(all).to.include.members(unitTests());
    expect(unitTests()).to.include("tests/teardown/capture.test.ts");
    expect(unitTests()).to.not.include("tests/e2e/teardown.test.ts");
  });

  it("start no engine and no simulator in `make test-unit`: processTests names those that do", () => {
    const starts = /toolchainEnvironment\(|from ".*(e2e\/(lab|stack)|support\/(cli|engine|packed))\.ts"/;
    const wrong = unitTests().filter((file) => starts.test(readFileSync(file, "utf8")));
    expect(wrong).to.deep.equal([]);
  });
});
