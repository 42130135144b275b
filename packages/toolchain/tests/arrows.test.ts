import { expect } from "chai";
import { wrongArrows } from "../arrows.ts";

const wrong = (file: string, text: string) => wrongArrows([file], () => text);

describe("the direction of imports", () => {
  const refused: [file: string, text: string][] = [
    ["teardown/clients/juju.ts", 'import { Journal } from "../run/journal.ts";'],
    ["teardown/capture.ts", 'export { Lab } from "../components/lab.ts";'],
    ["teardown/capture.ts", 'const late = await import("../packages/simulator/lab.ts");'],
    ["components/lab.ts", 'import { plan } from "../commands/plan/plan.ts";'],
    ["commands/report.ts", 'import "../packages/toolchain/environment.ts";'],
    ["packages/simulator/lab.ts", 'import { TeardownError } from "../../teardown/errors.ts";'],
    ["packages/toolchain/main.ts", 'const { x } = require("../../tests/e2e/lab.ts");'],
  ];
  for (const [file, text] of refused)
    it(`refuses in ${file}: ${text}`, () => expect(wrong(file, text)).to.have.lengthOf(1));

  it("allows what lies below, and anything in tests", () => {
    expect(wrong("components/lab.ts", 'import { settings } from "../teardown/config/settings.ts";')).to.deep.equal([]);
    expect(wrong("teardown/clients/juju.ts", 'import { TeardownError } from "../errors.ts";')).to.deep.equal([]);
    expect(wrong("tests/e2e/lab.ts", 'import "../../packages/simulator/lab.ts";')).to.deep.equal([]);
  });
});
