import { expect } from "chai";
import {
  changedInputs,
  commandInputs,
  failuresOf,
  holdsSecret,
  reveal,
  secret,
} from "../../stand-ins/command/inputs.ts";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("the inputs of the command plugin's stand-in", () => {
  it("accepts all that it implements, marked as secret or not known yet", () => {
    const inputs = {
      create: "true",
      delete: secret("true"),
      update: unknown,
      environment: { A: secret("b") },
      interpreter: ["/bin/sh", "-c"],
      triggers: [1, { a: 2 }],
      logging: "none",
      addPreviousOutputInEnv: false,
    };
    expect(failuresOf(inputs)).to.deep.equal([]);
  });

  for (const name of ["archivePaths", "assetPaths", "delet"])
    it(`refuses ${name} by its name`, () => {
      const [failure, ...others] = failuresOf({ create: "true", [name]: ["*"] });
      expect(others).to.deep.equal([]);
      expect(failure?.property).to.equal(name);
      expect(failure?.reason).to.contain(`"${name}" is not implemented`);
    });

  for (const [name, value] of Object.entries({
    create: 1,
    environment: { A: 1 },
    interpreter: "sh",
    logging: "loud",
    triggers: "x",
  }))
    it(`refuses a wrong ${name}`, () => {
      expect(failuresOf({ [name]: value }).map(({ property }) => property)).to.deep.equal([name]);
    });

  it("reveals secrets at any depth, and finds them", () => {
    const marked = { environment: { A: secret("b") }, triggers: [secret([secret(1)])] };
    expect(reveal(marked)).to.deep.equal({ environment: { A: "b" }, triggers: [[1]] });
    expect(holdsSecret(marked)).to.equal(true);
    expect(holdsSecret(reveal(marked))).to.equal(false);
  });

  it("takes only what it knows out of a state that the official plugin wrote", () => {
    const state = { create: "a", assetPaths: ["x"], stdout: "y" };
    expect(commandInputs(state)).to.deep.equal({ create: "a" });
  });

  it("names what differs, also when a value became secret", () => {
    const olds = { create: "a", dir: "/x", triggers: [1] };
    expect(changedInputs(olds, { create: "a", dir: "/x", triggers: [1] })).to.deep.equal([]);
    expect(changedInputs(olds, { create: secret("a"), triggers: [2] })).to.deep.equal([
      "create",
      "dir",
      "triggers",
    ]);
  });
});
