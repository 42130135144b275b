import { expect } from "chai";
import { destroyWith, note, ok, refused } from "../../../teardown/guards/finding.ts";
import { findingsTable, refusalMessage } from "../../../teardown/guards/findings-table.ts";

const list = [
  ok("host", "vopenstack-jesse", "the host of this lab"),
  note("model", "admin/openstack", "is gone already"),
  refused("machine", "openstack0 aaa000", "is locked", { expected: "an unlocked machine", next: "one\ntwo" }),
];

describe("findings", () => {
  it("stand in one table, a refusal with what was expected and what to type", () => {
    expect(findingsTable(list).split("\n")).to.deep.equal([
      "ok       host     vopenstack-jesse   the host of this lab",
      "note     model    admin/openstack    is gone already",
      "REFUSED  machine  openstack0 aaa000  is locked",
      "          expected: an unlocked machine",
      "          next:     one",
      "                    two",
    ]);
  });

  it("are empty when there are none", () => {
    expect(findingsTable([])).to.equal("");
  });

  it("make a message of the refusals alone, which counts them and says what is untouched", () => {
    expect(refusalMessage(list, "nothing was touched").split("\n")).to.deep.equal([
      "a guard refuses (2 passed); nothing was touched",
      "REFUSED  machine  openstack0 aaa000  is locked",
      "          expected: an unlocked machine",
      "          next:     one",
      "                    two",
    ]);
    expect(refusalMessage([...list, ...list], "x")).to.match(/^2 guards refuse \(4 passed\); x\n/);
  });

  it("let no name from outside draw on the screen", () => {
    const table = findingsTable([
      refused("machine", "evil\u001b[2J\nok       host  all is well", "is\rlocked", {}),
      ok("host", "h", "x"),
    ]);
    expect(table.split("\n")).to.have.length(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be left
    expect(table.replaceAll("\n", "")).to.not.match(/[\u0000-\u001f]/);
  });

  it("say how a setting is changed for one destroy", () => {
    expect(destroyWith("withoutBundle", "true")).to.equal("pulumi destroy -c withoutBundle=true");
  });
});
