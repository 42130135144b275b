import { expect } from "chai";
import { bounded, differs, holdsRecord, type State, shown } from "../../components/life.ts";
import { TeardownError } from "../../teardown/errors.ts";
import { problemOf, recordedLab, recordedMachine } from "../teardown/support/fakes.ts";

const hostile = {
  toString: () => {
    throw new Error("no text");
  },
};
const thrown: [string, unknown, string][] = [
  ["a text", "just a text", "just a text"],
  ["nothing", undefined, "undefined"],
  ["null", null, "null"],
  ["a number", 7, "7"],
  ["an empty text", "", "failed without a message"],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["an object without a text", hostile, "something that has no message was thrown"],
  ["an object without a prototype", Object.create(null), "something that has no message was thrown"],
  ["an Error", new Error("broken"), "broken"],
  ["an Error with escapes", new Error("a\u001b[31mred\u001b[0m\u0007\nb"), "ared\nb"],
  ["an Error without a message", new Error(""), "failed without a message"],
];

describe("boundary: what is shown", () => {
  for (const [what, value, message] of thrown) {
    it(`is an error that Pulumi can show, when ${what} was thrown`, () => {
      const error = shown("openstack0", value);
      expect(error).to.be.instanceOf(Error);
      expect(error.code).to.equal("unexpected");
      expect(
        error.message.startsWith(`internal error (please report it): ${message}\n`),
        error.message,
      ).to.equal(true);
      expect(error.message).to.include("pulumi destroy");
      expect(`${error}: ${error.stack}`).to.equal("openstack0 stopped: see its own entry");
      expect(error.cause).to.equal(value);
    });
  }

  it("is our own message as it is, with its code", () => {
    const error = shown("the model", new TeardownError("model", "does not go\nLook: juju\u001b[2J"));
    expect([error.code, error.message]).to.deep.equal(["model", "does not go\nLook: juju"]);
    expect(`${error}: ${error.stack}`).to.equal("the model stopped: see its own entry");
  });
});

describe("boundary: around a provider", () => {
  const state: State = { row: "urn:pulumi:s::p::lab:index:Lab$pulumi-nodejs:dynamic/lab:T::n" };
  const other: State = { row: "urn:pulumi:s::p::lab:index:Lab$pulumi-nodejs:dynamic/lab:T::other" };
  const around = (method: () => Promise<never>) =>
    bounded<State>({ create: method, diff: method, update: method, read: method, delete: method });
  const given: State[] = [];
  const quiet = bounded<State>({
    create: async (inputs) => ({ id: "1", outs: inputs }),
    diff: async (olds, news) => ({ changes: olds.row !== news.row }),
    update: async (_olds, news) => ({ outs: news }),
    read: async (state) => void given.push(state),
    delete: async (state) => void given.push(state),
  });
  const calls = (provider: typeof quiet): [string, () => Promise<unknown> | undefined][] => [
    ["create", () => provider.create?.(state)],
    ["diff", () => provider.diff?.("1", state, state)],
    ["update", () => provider.update?.("1", state, state)],
    ["read", () => provider.read?.("1", state)],
    ["delete", () => provider.delete?.("1", state)],
  ];

  it("lets no method throw anything but our error, whatever it threw", async () => {
    for (const [, value] of thrown) {
      const provider = around(() => Promise.reject(value));
      for (const [name, call] of calls(provider)) {
        const error = await Promise.resolve(call()).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(error, name).to.be.instanceOf(TeardownError);
        expect(String(error), name).to.equal("n stopped");
      }
    }
  });

  it("hands on what the methods answer, old state before new", async () => {
    expect(await quiet.create?.(state)).to.deep.equal({ id: "1", outs: state });
    expect(await quiet.diff?.("1", state, other)).to.deep.equal({ changes: true });
    expect(await quiet.update?.("1", state, other)).to.deep.equal({ outs: other });
    expect(await quiet.delete?.("1", state)).to.equal(undefined);
    expect(given).to.deep.equal([state]);
  });

  it("never drops a resource in a refresh: read answers with the id and the state it got", async () => {
    expect(await quiet.read?.("1", state)).to.deep.equal({ id: "1", props: state });
    expect(await quiet.read?.("1", undefined)).to.deep.equal({ id: "1" });
  });
});

describe("a resource that holds the record", () => {
  const record = recordedLab();
  const state: State = { row: "urn:1", record };
  const life = holdsRecord<State>(() => "id");

  it("is created and updated with the record, and not without one", async () => {
    expect(await life.create(state)).to.deep.equal({ id: "id", outs: state });
    expect(await life.update({ row: "urn:1" }, state)).to.deep.equal({ outs: state });
    for (const work of [() => life.create({ row: "urn:1" }), () => life.update(state, { row: "urn:1" })])
      expect((await problemOf(work)).message).to.match(/^nothing was adopted; exit-criteria says why/);
  });

  it("differs by anything among its inputs, its code in the state too", async () => {
    const changed: [string, object][] = [
      ["the same", state],
      ["the row", { ...state, row: "urn:2" }],
      ["the code", { ...state, __provider: "other" }],
      [
        "another owner",
        { ...state, record: recordedLab({ machines: [recordedMachine({ owner: "other" })] }) },
      ],
      ["unknown in a preview", { ...state, record: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }],
    ];
    for (const [what, news] of changed)
      expect(differs(state, news as State), what).to.equal(what !== "the same");
  });
});
