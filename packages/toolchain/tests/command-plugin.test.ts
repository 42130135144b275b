import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { credentials } from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider, {
  type CheckResponse,
  type CreateResponse,
  type DiffResponse,
  type InvokeResponse,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import { expect } from "chai";
import emptyMessages, { type Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import structMessages, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { ask, type Plugin, startEngine, startPlugin, type TestEngine } from "./support/engine.ts";
import { rejectionOf } from "./support/rejected.ts";
import { temporaryDirectory } from "./support/temporary.ts";

const main = fileURLToPath(new URL("../command-plugin.ts", import.meta.url));
const urn = "urn:pulumi:a::p::lab:index:Lab$command:local:Command::backup";
const none = { stdout: "", stderr: "" };

const struct = (properties: object) => {
  const plain: { [key: string]: JavaScriptValue } = JSON.parse(JSON.stringify(properties));
  return structMessages.Struct.fromJavaScript(plain);
};
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

describe("the command plugin's stand-in", () => {
  const directory = temporaryDirectory();
  let engine: TestEngine;
  let plugin: Plugin;
  let client: InstanceType<typeof providerService.ResourceProviderClient>;

  beforeEach(async () => {
    engine = await startEngine();
    plugin = await startPlugin(main, engine);
    client = new providerService.ResourceProviderClient(plugin.address, credentials.createInsecure());
  });
  afterEach(async () => {
    client.close();
    await plugin.stop();
    engine.die();
  });

  const check = (properties: object, of: string = urn) => {
    const request = new provider.CheckRequest();
    request.setUrn(of);
    request.setNews(struct(properties));
    return ask<CheckResponse>((done) => client.check(request, done));
  };
  const create = (properties: object) => {
    const request = new provider.CreateRequest();
    request.setUrn(urn);
    request.setProperties(struct(properties));
    return ask<CreateResponse>((done) => client.create(request, done));
  };
  const outputs = async (properties: object) =>
    Object((await create(properties)).getProperties()?.toJavaScript());
  const remove = (properties: object) => {
    const request = new provider.DeleteRequest();
    request.setUrn(urn);
    request.setProperties(struct(properties));
    return ask<Empty>((done) => client.delete(request, done));
  };
  const diff = (olds: object, news: object) => {
    const request = new provider.DiffRequest();
    request.setUrn(urn);
    request.setOldInputs(struct(olds));
    request.setNews(struct(news));
    return ask<DiffResponse>((done) => client.diff(request, done));
  };
  /** A command that says when it runs, and what it says after it was not killed. */
  const longCommand = () => {
    const files = { started: join(directory(), "started"), ended: join(directory(), "ended") };
    return { ...files, delete: `echo $$ > ${files.started}; exec sleep 20; touch ${files.ended}` };
  };
  const appears = async (file: string): Promise<void> => {
    while (!existsSync(file) || readFileSync(file, "utf8") === "") await sleep(10);
  };
  /** Until the process has ended; whoever adopted it may collect it later. */
  const disappears = async (pid: number): Promise<void> => {
    const stat = `/proc/${pid}/stat`;
    while (existsSync(stat) && !readFileSync(stat, "utf8").includes(") Z ")) await sleep(10);
  };

  it("writes the official default into the inputs, and passes them on", async () => {
    const response = await check({ create: "true", environment: { A: "b" } });
    expect(response.getInputs()?.toJavaScript()).to.deep.equal({
      addPreviousOutputInEnv: true,
      create: "true",
      environment: { A: "b" },
    });
    expect(response.getFailuresList()).to.deep.equal([]);
  });

  for (const [name, value, said] of [
    ["archivePaths", ["*"], 'The input "archivePaths" is not implemented by this project\'s stand-in'],
    ["delet", "true", 'The input "delet" is not implemented'],
    ["environment", { A: secret("b") }, 'A secret in the input "environment" is not implemented'],
  ] as const)
    it(`refuses by name what it does not implement: ${said.slice(0, 30)}`, async () => {
      const [failure, ...others] = (await check({ create: "true", [name]: value })).getFailuresList();
      expect(others).to.deep.equal([]);
      expect(failure?.getProperty()).to.equal(name);
      expect(failure?.getReason()).to.contain(said);
    });

  it("refuses remote commands and functions", async () => {
    const remote = "urn:pulumi:a::p::command:remote:Command::x";
    expect(await rejectionOf(check({ create: "true" }, remote))).to.contain(
      "command:remote:Command is not implemented by this project's stand-in",
    );
    const invoke = new provider.InvokeRequest();
    invoke.setTok("command:local:run");
    expect(await rejectionOf(ask<InvokeResponse>((done) => client.invoke(invoke, done)))).to.contain(
      "does not implement the method",
    );
  });

  it("creates: runs the command, shows its lines on the row only, names it after the resource", async () => {
    const inputs = { create: "printf 'hel'; sleep 0.1; echo lo; printf warn >&2; pwd", dir: directory() };
    const response = await create(inputs);
    expect(response.getId()).to.match(/^backup[0-9a-f]{8}$/);
    expect(response.getProperties()?.toJavaScript()).to.deep.equal({
      ...inputs,
      stdout: `hello\n${directory()}`,
      stderr: "warn",
    });
    expect(engine.lines.map(({ line }) => line).join("")).to.contain("hello");
    for (const line of engine.lines) expect(line).to.include({ urn, ephemeral: true });
  });

  it("runs with environment, and with what the create printed unless that is switched off", async () => {
    expect(await outputs({ create: "echo $A", environment: { A: "blue" } })).to.include({ stdout: "blue" });
    const state = { delete: 'echo "$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR"; exit 4' };
    const made = { stdout: "made", stderr: "warned" };
    expect(await rejectionOf(remove({ ...state, ...made }))).to.match(
      /exit status 4: running .*:\nmade\/warned\n$/s,
    );
    expect(await rejectionOf(remove({ ...state, ...made, addPreviousOutputInEnv: false }))).to.match(
      /:\n\/\n$/,
    );
    await remove({ create: "exit 1", ...none }); // nothing to run
  });

  it("fails with the exit status or signal, the script and what it printed on both streams", async () => {
    const failed = await rejectionOf(create({ create: "echo out; sleep 0.1; echo err >&2; exit 3" }));
    expect(failed).to.contain(
      'exit status 3: running "echo out; sleep 0.1; echo err >&2; exit 3":\nout\nerr\n',
    );
    expect(await rejectionOf(create({ create: "kill -KILL $$" }))).to.contain("signal: killed: running");
    expect(await rejectionOf(create({ create: "true", dir: "/no/such/place" }))).to.contain("ENOENT");
  });

  it("updates with the update command, else the create command", async () => {
    const update = async (news: object) => {
      const request = new provider.UpdateRequest();
      request.setUrn(urn);
      request.setOlds(struct({ create: "echo a", stdout: "before", stderr: "" }));
      request.setNews(struct(news));
      const response = await ask<UpdateResponse>((done) => client.update(request, done));
      return Object(response.getProperties()?.toJavaScript()).stdout;
    };
    expect(await update({ create: "echo c", update: "echo u after $PULUMI_COMMAND_STDOUT" })).to.equal(
      "u after before",
    );
    expect(await update({ create: "echo c" })).to.equal("c");
    expect(await update({ delete: "true" })).to.equal("before");
  });

  it("replaces for changed triggers only", async () => {
    const { DIFF_NONE, DIFF_SOME } = provider.DiffResponse.DiffChanges;
    const same = await diff({ create: "a", triggers: [1] }, { create: "a", triggers: [1] });
    expect(same.getChanges()).to.equal(DIFF_NONE);
    const changed = await diff({ create: "a", triggers: [1] }, { create: "b", triggers: [1] });
    expect([changed.getChanges(), changed.getDiffsList(), changed.getReplacesList()]).to.deep.equal([
      DIFF_SOME,
      ["create"],
      [],
    ]);
    const triggered = await diff({ triggers: [1] }, { triggers: [2] });
    expect(triggered.getReplacesList()).to.deep.equal(["triggers"]);
  });

  it("kills a running command at Cancel, and starts no other", async () => {
    const command = longCommand();
    const failed = rejectionOf(remove(command));
    await appears(command.started);
    await ask<Empty>((done) => client.cancel(new emptyMessages.Empty(), done));
    expect(await failed).to.contain("signal: killed: running");
    expect(existsSync(command.ended)).to.equal(false);
    expect(await rejectionOf(remove({ delete: "true" }))).to.contain("context canceled");
  });

  it("kills a running command and ends when the engine is gone", async () => {
    const command = longCommand();
    const failed = rejectionOf(remove(command));
    await appears(command.started);
    const pid = Number(readFileSync(command.started, "utf8"));
    engine.die();
    await plugin.exited;
    await failed;
    await disappears(pid);
    expect(existsSync(command.ended)).to.equal(false);
  });
});
