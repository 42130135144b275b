import { expect } from "chai";
import { leavesOut } from "../../../components/engine/partial-destroy.ts";

const exit =
  "urn:pulumi:lab::openstack-lab::lab:index:Lab$pulumi-nodejs:dynamic/lab:ExitCriteria::exit-criteria";
const machine = exit.replace("ExitCriteria::exit-criteria", "MaasMachine::openstack0");
const destroy = (...args: string[]) => leavesOut(["pulumi", "destroy", "--yes", ...args], exit);

describe("whether a destroy ends without the exit criteria", () => {
  it("does not when it is a plain one, or its command line cannot be seen", () => {
    expect(destroy()).to.equal("no");
    expect(destroy("-c", "deadline=5m", "--parallel", "1", "--continue-on-error")).to.equal("no");
    expect(leavesOut([], exit)).to.equal("no");
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
});
