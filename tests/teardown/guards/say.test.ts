import { expect } from "chai";
import { type Finding, note, ok, refused, stopping } from "../../../teardown/guards/finding.ts";
import {
  destroyWith,
  findingsTable,
  refusalMessage,
  sayFindings,
  takeOut,
} from "../../../teardown/guards/say.ts";
import { modelUuid } from "../support/fakes.ts";

const locked = (hostname = "openstack0", systemId = "aaa000"): Finding =>
  refused({ code: "machine-locked", hostname, systemId, machine: hostname });
const deleted = (hostname: string, systemId: string): Finding =>
  refused({ code: "machine-deleted", hostname, systemId, machine: hostname });
const unlisted = (id: string, make = refused): Finding =>
  make({ code: "unlisted", hostname: "", id, inMaas: true });
const list = [
  ok({ code: "host", host: "vopenstack-jesse" }),
  note({ code: "model-gone-at-up", name: "admin/openstack" }),
  locked(),
];
const given = { maasProfile: "admin" };

describe("findings", () => {
  it("stand in one table, a refusal with what was expected and what to type", () => {
    expect(findingsTable(list, given).split("\n")).to.deep.equal([
      "ok       host     vopenstack-jesse   the host of this lab",
      "note     model    admin/openstack    was gone already at `up`",
      "REFUSED  machine  openstack0 aaa000  is locked",
      "          expected: an unlocked machine",
      "          next:     maas admin machine unlock aaa000   # then: pulumi destroy",
    ]);
  });

  it("put each line of what to type below the others", () => {
    const words = refused({
      code: "words",
      guard: "machine",
      subject: "openstack0",
      found: "is odd",
      expected: "none",
      next: "one\ntwo",
    });
    expect(findingsTable([words], {}).split("\n").slice(1)).to.deep.equal([
      "          expected: none",
      "          next:     one",
      "                    two",
    ]);
  });

  it("are empty when there are none", () => {
    expect(findingsTable([], {})).to.equal("");
  });

  it("make a message of the refusals alone, which counts them and says what is untouched", () => {
    expect(refusalMessage(list, "nothing was touched", given).split("\n")).to.deep.equal([
      "a guard refuses (2 passed); nothing was touched",
      "REFUSED  machine  openstack0 aaa000  is locked",
      "          expected: an unlocked machine",
      "          next:     maas admin machine unlock aaa000   # then: pulumi destroy",
    ]);
    expect(refusalMessage([...list, ...list], "x", given)).to.match(/^2 guards refuse \(4 passed\); x\n/);
  });

  it("let no name from outside draw on the screen", () => {
    const table = findingsTable(
      [
        ok({ code: "model", name: "evil\u001b[2J\nok       host  all is well", uuid: "is\rwell", life: "x" }),
        ok({ code: "host", host: "h" }),
      ],
      {},
    );
    expect(table.split("\n")).to.have.length(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be left
    expect(table.replaceAll("\n", "")).to.not.match(/[\u0000-\u001f]/);
  });

  it("say once, below the last of them, what to type against several that say the same", () => {
    const table = findingsTable(
      [
        refused({ code: "not-adopted", hostname: "openstack2" }),
        refused({ code: "not-adopted", hostname: "openstack3" }),
        locked(),
        refused({ code: "not-adopted", hostname: "openstack4" }),
      ],
      given,
    );
    const notAdopted = [
      "          expected: the same machines in the stack and on the list",
      "          next:     pulumi up   # adopts it; then: pulumi preview",
    ];
    expect(
      table.split("\n").map((line) => line.replace(/^(REFUSED) .*(openstack\d).*/, "$1 $2")),
    ).to.deep.equal([
      "REFUSED openstack2",
      "REFUSED openstack3",
      ...notAdopted,
      "REFUSED openstack0",
      "          expected: an unlocked machine",
      "          next:     maas admin machine unlock aaa000   # then: pulumi destroy",
      "REFUSED openstack4",
      ...notAdopted,
    ]);
  });

  it("quote what a shell would take for more than a word", () => {
    const hostile = "a'; touch pwned; $(id)";
    const word = `'a'\\''; touch pwned; $(id)'`;
    const next = (finding: Finding, profile = "admin"): string =>
      sayFindings([finding], { maasProfile: profile })[0]?.next ?? "";
    expect(next(locked(), hostile)).to.equal(`maas ${word} machine unlock aaa000   # then: pulumi destroy`);
    const changed = { code: "setting-changed", key: "jujuModel", value: "b", recorded: hostile } as const;
    expect(next(refused(changed)))
      .to.match(/^pulumi config set jujuModel /)
      .and.to.include(` ${word} `);
    expect(next(unlisted(hostile))).to.include(`pulumi destroy -c 'alsoDestroyed=${word.slice(1)}`);
    const host = { code: "other-host", host: hostile, expected: "vopenstack-jesse" } as const;
    expect(next(refused(host)))
      .to.match(/pulumi config set host /)
      .and.to.include(word);
  });

  it("need one command to permit all that are alike, which keeps what is permitted already", () => {
    const said = sayFindings(
      [deleted("openstack0", "aaa000"), unlisted("ccc222"), deleted("openstack1", "bbb111")],
      { acceptDeleted: ["zzz999"], alsoDestroyed: ["ddd333"] },
    );
    const accept = "pulumi destroy -c acceptDeleted=zzz999,aaa000,bbb111   # to accept that it was deleted";
    expect(said.map(({ next }) => next)).to.deep.equal([
      accept,
      "move them out of the model, or allow it:\npulumi destroy -c alsoDestroyed=ddd333,ccc222",
      accept,
    ]);
    expect(findingsTable([deleted("openstack0", "aaa000"), deleted("openstack1", "bbb111")], {})).to.match(
      /\nREFUSED .*\n {10}expected: .*\n {10}next: {5}pulumi destroy -c acceptDeleted=aaa000,bbb111 /,
    );
  });

  it("do not name twice what is permitted, and permit nothing that only is noted", () => {
    const said = sayFindings(
      [unlisted("ccc222"), unlisted("ddd333", note), unlisted("eee444"), unlisted("ccc222")],
      { alsoDestroyed: ["ddd333"] },
    );
    expect(said[0]?.next).to.match(/alsoDestroyed=ddd333,ccc222,eee444$/);
    expect(said[1]).to.not.have.property("next");
  });

  it("never advise to accept a machine that may only be out of sight", () => {
    const [said] = sayFindings(
      [refused({ code: "machine-invisible", hostname: "openstack0", systemId: "aaa000" })],
      { acceptDeleted: ["zzz999"] },
    );
    expect(JSON.stringify(said)).to.not.include("acceptDeleted");
    expect(said?.next).to.match(/^use a key that sees all machines \(maas login <profile> <url>/);
  });

  it("say of a key that is no administrator's what it may hide, and how to log in as one", () => {
    const [said] = sayFindings(
      [note({ code: "key-sees-own-only", url: "http://maas/MAAS", username: "eve" })],
      given,
    );
    expect(said).to.deep.equal({
      guard: "maas",
      subject: "http://maas/MAAS",
      verdict: "note",
      found: "eve is no administrator: machines of other users are not visible to this API key",
      next: "to see all: maas login admin http://maas/MAAS <key of an administrator>",
    });
  });

  it("name a machine that was meant only when there is one", () => {
    const found = (similar?: string) =>
      sayFindings(
        [refused({ code: "machine-not-found", hostname: "openstak1", ...(similar && { similar }) })],
        given,
      )[0]?.found;
    expect(found("openstack1")).to.equal(
      "is not in MAAS (or not visible to this API key); did you mean openstack1?",
    );
    expect(found()).to.equal("is not in MAAS (or not visible to this API key)");
  });

  it("say how a setting is changed for one destroy, and how a machine leaves a stack", () => {
    expect(destroyWith("withoutBundle", modelUuid)).to.equal(`pulumi destroy -c withoutBundle=${modelUuid}`);
    expect(takeOut("openstack1").split("\n")).to.deep.equal([
      "to release it too:   put openstack1 back on the list `machines`, then: pulumi up && pulumi destroy",
      "to keep it as it is: take it off that list, then: pulumi up   # forgets it; then: pulumi destroy",
    ]);
  });

  it("stop a destroy, but once it has begun those of one machine stop that machine alone", () => {
    const host = refused({ code: "other-host", host: "a", expected: "b" });
    expect(stopping([...list, host], false)).to.deep.equal([locked(), host]);
    expect(stopping([...list, host], true)).to.deep.equal([host]);
  });
});
