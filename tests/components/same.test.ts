import { expect } from "chai";
import { sameInputs } from "../../components/same.ts";

describe("same inputs", () => {
  const state = { __provider: "line", row: "urn", machines: ["a", "b"], lab: { uuid: "1" } };

  it("are those whose named keys, row and line of code are equal", () => {
    expect(sameInputs(state, { ...state, machines: ["a", "b"], lab: { uuid: "2" } }, ["machines"])).to.equal(
      true,
    );
    expect(sameInputs(state, { ...state, machines: ["b", "a"] }, ["machines"])).to.equal(false);
    expect(sameInputs(state, { ...state, row: "other" }, ["machines"])).to.equal(false);
  });

  it("are others when the state keeps an outdated line of code", () => {
    expect(sameInputs(state, { ...state, __provider: "new line" }, [])).to.equal(false);
  });
});
