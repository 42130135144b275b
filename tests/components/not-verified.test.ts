import { expect } from "chai";
import { notVerified } from "../../components/operation.ts";
import { engineOptions } from "../../teardown/clients/engine-options.ts";

const exit =
  "urn:pulumi:lab::openstack-lab::lab:index:Lab$pulumi-nodejs:dynamic/lab:ExitCriteria::exit-criteria";
const machine = exit.replace("ExitCriteria::exit-criteria", "MaasMachine::openstack0");
const said = (argv: string[], env: NodeJS.ProcessEnv = {}) => {
  const text = notVerified(machine, engineOptions(argv, env));
  if (text.includes("are not part")) return "surely";
  return text.includes("may not be part") ? "perhaps" : "no";
};
const destroy = (...args: string[]) => said(["pulumi", "destroy", "--yes", ...args]);

describe("whether a destroy ends without the exit criteria", () => {
  it("does not when it is a plain one, or its command line cannot be seen", () => {
    expect(destroy()).to.equal("no");
    expect(destroy("-c", "deadline=5m", "--parallel", "1", "--continue-on-error")).to.equal("no");
    expect(said([])).to.equal("no");
  });

  for (const args of [
    ["--target", machine],
    [`--target=${machine}`],
    ["-t", machine],
    ["-t", "**MaasMachine**"],
  ]) {
    it(`does with ${args[0]?.split("=")[0]} of something else (${args.join(" ").slice(0, 30)})`, () => {
      expect(destroy(...args, "--target-dependents")).to.equal("surely");
    });
  }

  it("does not when the exit criteria are among the targets, by name or by pattern", () => {
    expect(destroy("--target", machine, "--target", exit)).to.equal("no");
    expect(destroy("--target", "**ExitCriteria**")).to.equal("no");
    expect(destroy("--target", "**")).to.equal("no");
  });

  it("takes one star for no more than one part of a URN, and a dot for a dot", () => {
    expect(destroy("--target", "*ExitCriteria*")).to.equal("surely");
    expect(destroy("--target", exit.replace("exit-criteria", "exit.criteria"))).to.equal("surely");
  });

  it("does with --exclude of whatever it is: what stays needs the exit criteria", () => {
    expect(destroy("--exclude", machine)).to.equal("surely");
    expect(destroy("-x", exit)).to.equal("surely");
  });

  it("may with --exclude-protected: the command line does not say what is protected", () => {
    expect(destroy("--exclude-protected")).to.equal("perhaps");
    expect(destroy("--exclude-protected=false")).to.equal("no");
  });

  it("hears the variables like the flags", () => {
    expect(said(["pulumi", "destroy"], { PULUMI_OPTION_TARGET: machine })).to.equal("surely");
    expect(said(["pulumi", "destroy"], { PULUMI_OPTION_EXCLUDE: machine })).to.equal("surely");
    expect(said(["pulumi", "destroy"], { PULUMI_OPTION_EXCLUDE_PROTECTED: "true" })).to.equal("perhaps");
  });
});
