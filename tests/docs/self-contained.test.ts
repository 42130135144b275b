import { dirname, join, normalize } from "node:path";
import { expect } from "chai";
import { projectFiles, textOf } from "./support/tracked.ts";

/** Relative paths of a file that lead out of the repository: `../../shared`. */
const pathsOutside = (file: string, text: string): string[] =>
  [...text.matchAll(/(?<![\w/.])(?:\.\.\/)+[\w@.-]*/g)]
    .map(([path]) => path)
    .filter((path) => normalize(join(dirname(file), path)).startsWith(".."));

/** Absolute paths that exist on somebody's machine only; /home/jessea123 is the operator's of the runbook. */
const machinePaths = (text: string): string[] =>
  text.match(/(?<![\w.~})-])\/(?:work|root|Users|home(?!\/(?:jessea123|u)\b))\/[\w.-][\w./-]*/g) ?? [];

/** Each path here is one that the code tries, or that does not mean a file of ours. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // The sources lie one folder below package.json, the compiled package's two.
  "teardown/versions.ts": ["../../package.json"],
  "tests/docs/self-contained.test.ts": ["../../shared", "../shared", "/work/samples"],
};

describe("The repository", () => {
  it("names no file outside of it", () => {
    const outside = projectFiles.flatMap((file) => {
      const text = textOf(file);
      return [...pathsOutside(file, text), ...machinePaths(text)]
        .filter((path) => !allowed[file]?.includes(path))
        .map((path) => `${file}: ${path}`);
    });
    expect(outside).to.deep.equal([]);
  });

  it("would be found to name one", () => {
    expect(pathsOutside("tests/a.test.ts", 'join(here, "../../shared/samples")')).to.deep.equal([
      "../../shared",
    ]);
    expect(pathsOutside("README.md", "see ../shared/engine.md")).to.deep.equal(["../shared"]);
    expect(pathsOutside("tests/a.test.ts", 'import "../teardown/run.ts"')).to.deep.equal([]);
    expect(machinePaths('"/work/samples"')).to.deep.equal(["/work/samples"]);
  });
});
