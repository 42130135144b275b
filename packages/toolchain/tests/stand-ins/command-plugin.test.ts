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
import { secret } from "../../stand-ins/command/inputs.ts";
import { ask, type Plugin, startEngine, startPlugin, type TestEngine } from "../support/engine.ts";
import { rejectionOf } from "../support/rejected.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const main = fileURLToPath(new URL("../../stand-ins/command/main.ts", import.meta.url));
const urn = "urn:pulumi:a::p::lab:index:Lab$command:local:Command::backup";

const struct = (properties: object) => {
  const plain: { [key: string]: JavaScriptValue } = JSON.parse(JSON.stringify(properties));
  return structMessages.Struct.fromJavaScript(plain);
};

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
    const response = await check({ create: "true", environment: { A: secret("b") } });
    expect(response.getInputs()?.toJavaScript()).to.deep.equal({
      addPreviousOutputInEnv: true,
      create: "true",
      environment: { A: secret("b") },
    });
    expect(response.getFailuresList()).to.deep.equal([]);
  });

  it("refuses an input that it does not implement", async () => {
    const [failure] = (await check({ archivePaths: ["*"] })).getFailuresList();
    expect(failure?.getProperty()).to.equal("archivePaths");
  });

  it("refuses remote commands and functions by their names", async () => {
    const remote = "urn:pulumi:a::p::command:remote:Command::x";
    expect(await rejectionOf(check({ create: "true" }, remote))).to.contain(
      "command:remote:Command is not implemented by this project's stand-in",
    );
    const invoke = new provider.InvokeRequest();
    invoke.setTok("command:local:run");
    expect(await rejectionOf(ask<InvokeResponse>((done) => client.invoke(invoke, done)))).to.contain(
      "command:local:run",
    );
  });

  it("creates: runs the command, shows its lines on the row only, names it after the resource", async () => {
    const response = await create({ create: "echo hello; echo warn >&2", dir: directory() });
    expect(response.getId()).to.match(/^backup[0-9a-f]{8}$/);
    expect(response.getProperties()?.toJavaScript()).to.deep.equal({
      create: "echo hello; echo warn >&2",
      dir: directory(),
      stdout: "hello",
      stderr: "warn",
    });
    expect(engine.lines.toSorted((a, b) => a.line.localeCompare(b.line))).to.deep.equal([
      { urn, line: "hello", ephemeral: true },
      { urn, line: "warn", ephemeral: true },
    ]);
  });

  it("keeps all outputs secret when one input is", async () => {
    const outputs = (await create({ create: "echo $A", environment: { A: secret("hidden") } }))
      .getProperties()
      ?.toJavaScript();
    expect(outputs).to.deep.equal({
      create: secret("echo $A"),
      environment: secret({ A: "hidden" }),
      stdout: secret("hidden"),
      stderr: secret(""),
    });
  });

  it("updates with the update command, else the create command, else not at all", async () => {
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

  it("deletes with what the create printed at hand, and fails with the command's words", async () => {
    const state = { delete: 'echo "was $PULUMI_COMMAND_STDOUT"; exit 4', stdout: "made" };
    expect(await rejectionOf(remove(state))).to.match(/exit status 4: running .*:\nwas made\n$/s);
    await remove({ create: "exit 1" }); // nothing to run
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
