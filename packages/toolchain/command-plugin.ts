/**
 * Stand-in for `pulumi-resource-command`, which is in no package registry. It plays `command:local:Command` with the inputs
 * named below, and refuses everything else. The engine starts it with its own address and reads the port that it prints.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  connectivityState,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type sendUnaryData,
} from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import structMessages, { type Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { versions } from "./parts.ts";

const implemented = "command:local:Command";

/** The inputs that are implemented, in the order in which they are compared; only changed triggers replace the resource. */
const inputNames = [
  "create",
  "update",
  "delete",
  "dir",
  "environment",
  "addPreviousOutputInEnv",
  "triggers",
] as const;

type Properties = Readonly<Record<string, unknown>>;
type Printed = { stdout: string; stderr: string };
type Provider = typeof provider;
type Message<Name extends keyof Provider> = Provider[Name] extends new () => infer T ? T : never;

const refusal = (what: string): string =>
  `${what} is not implemented by this project's stand-in for the command plugin. Nothing was done. ` +
  "Pulumi's own plugin does it: where pulumi.com can be reached, type `make toolchain TOOLCHAIN_RETRY=1`.";

/** How Pulumi marks a secret (sdk/go/common/resource/properties.go, `SigKey`). */
const secretMark = "4dabf18193072939515e22adb298388d";

/** What is wrong with a program's inputs. */
const failuresOf = (inputs: Properties): { property: string; reason: string }[] =>
  Object.entries(inputs).flatMap(([property, value]) => {
    if (!inputNames.some((name) => name === property))
      return [{ property, reason: refusal(`The input "${property}"`) }];
    // The official plugin keeps what the command printed as a secret then; this one would keep it readable.
    if (JSON.stringify(value).includes(secretMark))
      return [{ property, reason: refusal(`A secret in the input "${property}"`) }];
    return [];
  });

const propertiesOf = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};
const structOf = (properties: Properties): Struct =>
  structMessages.Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));
const text = (value: unknown): string => (typeof value === "string" ? value : "");

const argument = process.argv.find((each) => /^[^-\s]+:\d+$/.test(each));
if (argument === undefined) throw new Error("pulumi-resource-command is started by Pulumi's engine");
const engine = new engineService.EngineClient(argument, credentials.createInsecure());

/** Commands that are running; none is started once the engine was interrupted or is gone. */
const running = new Set<ChildProcess>();
let cancelled = false;

/** Kills the shells at once, as the official plugin does; their own children live on. */
const cancel = (): void => {
  cancelled = true;
  for (const child of running) child.kill("SIGKILL");
};

/** Ends with the engine. A channel also leaves READY when it is idle for long: the loss is confirmed by a call. */
const watchEngine = (): void =>
  engine.getChannel().watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
    const question = new engineMessages.GetRootResourceRequest();
    engine.getRootResource(question, new Metadata(), { deadline: Date.now() + 1000 }, (error) => {
      if (!error) return watchEngine();
      cancel();
      process.exit(1);
    });
  });

/** Shows a line on the row of `urn` while it is the newest; it is never kept. */
const showOnRow = (urn: string, line: string): Promise<void> =>
  new Promise((resolve) => {
    const request = new engineMessages.LogRequest();
    request.setSeverity(engineMessages.LogSeverity.INFO);
    request.setMessage(line);
    request.setUrn(urn);
    request.setEphemeral(true);
    engine.log(request, () => resolve());
  });

/**
 * Runs `script` until its output pipes close: a grandchild that holds them is waited for, as the official plugin does.
 *
 * @param previous what the create or update before this printed
 * @returns what it printed, each without its last line break
 * @throws Error `exit status 3: running "<script>":` and what it printed on both streams
 */
const run = (urn: string, script: unknown, inputs: Properties, previous: Printed): Promise<Printed> =>
  new Promise((resolve, reject) => {
    if (script === undefined) return resolve(previous);
    if (cancelled) return reject(new Error(`context canceled: running ${JSON.stringify(script)}`));
    const given = inputs.addPreviousOutputInEnv === false ? { stdout: "", stderr: "" } : previous;
    const child = spawn("/bin/sh", ["-c", text(script)], {
      cwd: text(inputs.dir) || undefined,
      env: {
        ...process.env,
        ...Object(inputs.environment),
        ...(given.stdout && { PULUMI_COMMAND_STDOUT: given.stdout }),
        ...(given.stderr && { PULUMI_COMMAND_STDERR: given.stderr }),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    const printed = { stdout: "", stderr: "" };
    let both = "";
    let unfinished = "";
    let shown = Promise.resolve(); // one after the other: a reader is left with the last line
    const show = (line: string): void => {
      shown = shown.then(() => showOnRow(urn, line));
    };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        printed[name] += chunk;
        both += chunk;
        const lines = (unfinished + chunk).split("\n");
        unfinished = lines.pop() ?? "";
        lines.forEach(show);
      });
    const end = (failure: string | undefined): void => {
      running.delete(child);
      if (unfinished) show(unfinished);
      void shown.then(() => {
        if (failure) reject(new Error(`${failure}: running ${JSON.stringify(script)}:\n${both}`));
        else
          resolve({
            stdout: printed.stdout.replace(/\n$/, ""),
            stderr: printed.stderr.replace(/\n$/, ""),
          });
      });
    };
    child.once("error", (error) => end(error.message));
    // The words of Go's os/exec.
    child.once("close", (code, signal) => {
      if (signal) end(`signal: ${signal === "SIGKILL" ? "killed" : signal}`);
      else end(code === 0 ? undefined : `exit status ${code}`);
    });
  });

const printedBefore = (state: Properties): Printed => ({
  stdout: text(state.stdout),
  stderr: text(state.stderr),
});

const check = (request: Message<"CheckRequest">): Message<"CheckResponse"> => {
  const type = request.getUrn().split("::")[2]?.split("$").at(-1) ?? "";
  if (type !== implemented) throw new Error(refusal(type));
  const news = propertiesOf(request.getNews());
  const response = new provider.CheckResponse();
  // The official plugin writes this default into the inputs.
  response.setInputs(structOf({ addPreviousOutputInEnv: true, ...news }));
  for (const { property, reason } of failuresOf(news)) {
    const failure = new provider.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    response.addFailures(failure);
  }
  return response;
};

const diff = (request: Message<"DiffRequest">): Message<"DiffResponse"> => {
  const olds = propertiesOf(request.getOldInputs() ?? request.getOlds());
  const news = propertiesOf(request.getNews());
  const changed = inputNames.filter((name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name]));
  const response = new provider.DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = provider.DiffResponse.DiffChanges;
  response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList(changed);
  response.setReplacesList(changed.filter((name) => name === "triggers"));
  return response;
};

const create = async (request: Message<"CreateRequest">): Promise<Message<"CreateResponse">> => {
  const [urn, inputs] = [request.getUrn(), propertiesOf(request.getProperties())];
  const printed = await run(urn, inputs.create, inputs, { stdout: "", stderr: "" });
  const response = new provider.CreateResponse();
  response.setId(`${urn.split("::").at(-1)}${randomBytes(4).toString("hex")}`);
  response.setProperties(structOf({ ...inputs, ...printed }));
  return response;
};

const update = async (request: Message<"UpdateRequest">): Promise<Message<"UpdateResponse">> => {
  const inputs = propertiesOf(request.getNews());
  const previous = printedBefore(propertiesOf(request.getOlds()));
  const printed = await run(request.getUrn(), inputs.update ?? inputs.create, inputs, previous);
  const response = new provider.UpdateResponse();
  response.setProperties(structOf({ ...inputs, ...printed }));
  return response;
};

const remove = async (request: Message<"DeleteRequest">) => {
  const state = propertiesOf(request.getProperties());
  await run(request.getUrn(), state.delete, state, printedBefore(state));
  return new emptyMessages.Empty();
};

const read = (request: Message<"ReadRequest">): Message<"ReadResponse"> => {
  const response = new provider.ReadResponse();
  response.setId(request.getId());
  response.setProperties(request.getProperties());
  response.setInputs(request.getInputs());
  return response;
};

/** A gRPC method from a function; whatever is thrown reaches the engine as that resource's error. */
const method =
  <Request, Response>(answer: (request: Request) => Promise<Response> | Response) =>
  (call: { request: Request }, callback: sendUnaryData<Response>): void => {
    Promise.resolve(call.request)
      .then(answer)
      .then(
        (response) => callback(null, response),
        (cause: unknown) => callback(cause instanceof Error ? cause : new Error(String(cause))),
      );
  };

// What has no handler here, gRPC answers with "The server does not implement the method".
const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(providerService.ResourceProviderService, {
  check: method(check),
  diff: method(diff),
  create: method(create),
  update: method(update),
  delete: method(remove),
  read: method(read),
  configure: method(() => {
    const response = new provider.ConfigureResponse();
    response.setAcceptsecrets(true);
    return response;
  }),
  getPluginInfo: method(() => {
    const info = new pluginMessages.PluginInfo();
    info.setVersion(versions.command);
    return info;
  }),
  cancel: method(() => {
    cancel();
    return new emptyMessages.Empty();
  }),
});
engine.waitForReady(Date.now() + 60_000, (error) => {
  if (error) process.exit(1);
  watchEngine();
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
