import { expect } from "chai";
import { bounded, shown } from "../../components/life.ts";
import { TeardownError } from "../../teardown/errors.ts";

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
        error.message.startsWith(`unexpected, a defect of this project: ${message}\n`),
        error.message,
      ).to.equal(true);
      expect(error.message).to.include("pulumi destroy");
      expect(`${error}: ${error.stack}`).to.equal("openstack0 stopped: see its own row");
      expect(error.cause).to.equal(value);
    });
  }

  it("is our own message as it is, with its code", () => {
    const error = shown("the model", new TeardownError("model", "does not go\nLook: juju\u001b[2J"));
    expect([error.code, error.message]).to.deep.equal(["model", "does not go\nLook: juju"]);
    expect(`${error}: ${error.stack}`).to.equal("the model stopped: see its own row");
  });

  it("says how to go on when we were interrupted", () => {
    expect(shown("x", new TeardownError("interrupted", "cancelled")).message).to.equal(
      "cancelled\nNothing is lost: pulumi destroy   # takes up where this one stopped",
    );
    const said = "cancelled\nthen: pulumi destroy";
    expect(shown("x", new TeardownError("interrupted", said)).message).to.equal(said);
  });
});

describe("boundary: around a provider", () => {
  type Own = { name: string };
  type State = Own & { row: string };
  const kept: State = { row: "s::p", name: "n" };
  const urn = "urn:pulumi:s::p::lab:index:Lab$pulumi-nodejs:dynamic/lab:T::n";
  const place = async () => "s::p";
  const news = { name: "n" };
  const around = (method: () => Promise<never>) =>
    bounded<Own, object>(
      "T",
      ({ name }) => name,
      {
        create: method,
        diff: method,
        update: method,
        read: method,
        delete: method,
      },
      place,
    );
  const given: State[] = [];
  const quiet = bounded<Own, object>(
    "T",
    ({ name }) => name,
    {
      create: async (inputs) => ({ id: "1", outs: inputs }),
      diff: async (olds, news) => ({ changes: olds.name !== news.name }),
      update: async (_olds, news) => ({ outs: news }),
      read: async (state) => void given.push(state),
      delete: async (state) => void given.push(state),
    },
    place,
  );
  const calls = (provider: typeof quiet): [string, () => Promise<unknown> | undefined][] => [
    ["create", () => provider.create?.(news)],
    ["diff", () => provider.diff?.("1", kept, news)],
    ["update", () => provider.update?.("1", kept, news)],
    ["read", () => provider.read?.("1", kept)],
    ["delete", () => provider.delete?.("1", kept)],
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
    expect(await quiet.create?.(news)).to.deep.equal({ id: "1", outs: kept });
    expect(await quiet.diff?.("1", kept, { name: "other" })).to.deep.equal({ changes: true });
    expect(await quiet.update?.("1", kept, { name: "other" })).to.deep.equal({
      outs: { ...kept, name: "other" },
    });
    expect(await quiet.delete?.("1", kept)).to.equal(undefined);
  });

  it("gives the methods the whole URN, and the state a short one", async () => {
    given.length = 0;
    await quiet.delete?.("1", kept);
    await quiet.read?.("1", { ...kept, row: "s::p::my:Site$lab:index:Lab" });
    expect(given.map(({ row }) => row)).to.deep.equal([
      urn,
      "urn:pulumi:s::p::my:Site$lab:index:Lab$pulumi-nodejs:dynamic/lab:T::n",
    ]);
    const { outs } = (await quiet.create?.({ ...news, parents: "my:Site$lab:index:Lab" })) ?? {};
    expect(outs).to.deep.equal({ ...kept, row: "s::p::my:Site$lab:index:Lab" });
  });

  it("never drops a resource in a refresh: read answers with the id and the state it got", async () => {
    expect(await quiet.read?.("1", kept)).to.deep.equal({ id: "1", props: kept });
    expect(await quiet.read?.("1", undefined)).to.deep.equal({ id: "1" });
  });
});
