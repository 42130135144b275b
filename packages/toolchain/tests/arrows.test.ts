import { expect } from "chai";
import { wrongArrows } from "../arrows.ts";

const wrong = (file: string, specifier: string) =>
  wrongArrows([file], () => `import { it } from "${specifier}";\n`);

describe("the direction of imports", () => {
  const refused: [file: string, specifier: string][] = [
    ["teardown/clients/juju.ts", "../run/journal.ts"],
    ["teardown/capture.ts", "../components/lab.ts"],
    ["teardown/capture.ts", "../packages/simulator/lab.ts"],
    ["components/lab.ts", "../commands/plan/plan.ts"],
    ["commands/stack.ts", "../packages/toolchain/environment.ts"],
    ["packages/simulator/lab.ts", "../../teardown/errors.ts"],
    ["packages/toolchain/main.ts", "../../tests/e2e/lab.ts"],
  ];
  for (const [file, specifier] of refused)
    it(`refuses ${specifier} in ${file}`, () => expect(wrong(file, specifier)).to.have.lengthOf(1));

  it("sees imports that are made late, and exports", () => {
    const text = (code: string) => wrongArrows(["teardown/capture.ts"], () => code);
    const upwards = JSON.stringify("../components/lab.ts");
    expect(text(`const late = await import(${upwards});`)).to.have.lengthOf(1);
    expect(text(`export * from ${upwards};`)).to.have.lengthOf(1);
    expect(text(`const late = require(${upwards});`)).to.have.lengthOf(1);
    expect(text(`import ${upwards};`)).to.have.lengthOf(1);
  });

  it("allows what lies below, and anything in the program's tests", () => {
    expect(wrong("components/lab.ts", "../teardown/config/settings.ts")).to.deep.equal([]);
    expect(wrong("teardown/clients/juju.ts", "../errors.ts")).to.deep.equal([]);
    expect(wrong("tests/e2e/lab.ts", "../../packages/simulator/lab.ts")).to.deep.equal([]);
  });
});
