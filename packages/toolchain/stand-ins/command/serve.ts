import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { credentials, type sendUnaryData, type UntypedServiceImplementation } from "@grpc/grpc-js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import structMessages, { type Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { versions } from "../../versions.ts";
import { connectToEngine, type Engine } from "../engine.ts";
import { notImplemented } from "../refuse.ts";
import { engineAddress, serve } from "../server.ts";
import {
  type CommandInputs,
  changedInputs,
  commandInputs,
  failuresOf,
  holdsSecret,
  type Properties,
  reveal,
  secret,
} from "./inputs.ts";
import { type Printed, runCommand } from "./run.ts";

type Provider = typeof provider;
type Message<Name extends keyof Provider> = Provider[Name] extends new () => infer T ? T : never;

const implemented = "command:local:Command";

const propertiesOf = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};
const structOf = (properties: Properties): Struct =>
  structMessages.Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));

/** `urn:pulumi:stack::project::parentType$type::name` in its last two parts. */
const typeAndName = (urn: string): { type: string; name: string } => {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.slice(types.lastIndexOf("$") + 1), name: name.join("::") };
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** A resource's outputs: its inputs and what the command printed, all secret as soon as one input is (as the official plugin). */
const outputsOf = (inputs: Properties, printed: Printed): Properties => {
  const outputs = { ...inputs, ...printed };
  if (!holdsSecret(inputs)) return outputs;
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, secret(reveal(value))]));
};

const printedBefore = (state: Properties): Printed => ({
  stdout: text(reveal(state.stdout)),
  stderr: text(reveal(state.stderr)),
});

/** Running commands, and the end of all of them when the engine is interrupted or dies. */
const commandRunner = (engine: Engine) => {
  const running = new Set<ChildProcess>();
  let cancelled = false;
  return {
    run: async (
      urn: string,
      script: string | undefined,
      inputs: CommandInputs,
      previous: Printed,
    ): Promise<Printed> => {
      if (script === undefined) return previous;
      if (cancelled) throw new Error(`context canceled: running ${JSON.stringify(script)}`);
      return runCommand({
        script,
        inputs,
        previous,
        showLine: (line) => engine.showOnRow(urn, line),
        onStart: (child) => {
          running.add(child);
          return () => running.delete(child);
        },
      });
    },
    /** Kills the interpreters at once, as the official plugin does; their own children live on. */
    cancel: (): void => {
      cancelled = true;
      for (const child of running) child.kill("SIGKILL");
    },
  };
};

/** A unary method from an async function; whatever is thrown reaches the engine as that resource's error. */
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

const refuse = (what: string) =>
  method(() => {
    throw new Error(notImplemented("the command plugin", what));
  });

const check = (request: Message<"CheckRequest">): Message<"CheckResponse"> => {
  const { type } = typeAndName(request.getUrn());
  if (type !== implemented) throw new Error(notImplemented("the command plugin", type));
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
  const changed = changedInputs(olds, propertiesOf(request.getNews()));
  const response = new provider.DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = provider.DiffResponse.DiffChanges;
  response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList(changed);
  // Only changed triggers replace; everything else runs the update command.
  response.setReplacesList(changed.filter((name) => name === "triggers"));
  return response;
};

/** Serves the command plugin; `argv` are the arguments of the process, one of which is the engine's address. */
export const serveCommand = (argv: readonly string[]): void => {
  const address = engineAddress(argv);
  if (!address)
    throw new Error("pulumi-resource-command is started by Pulumi's engine, with the engine's address");
  const engine = connectToEngine(address, credentials.createInsecure(), () => {
    commands.cancel();
    process.exit(1);
  });
  const commands = commandRunner(engine);

  const handlers: UntypedServiceImplementation = {
    check: method(check),
    diff: method(diff),
    create: method(async (request: Message<"CreateRequest">) => {
      const urn = request.getUrn();
      const properties = propertiesOf(request.getProperties());
      const inputs = commandInputs(properties);
      const printed = await commands.run(urn, inputs.create, inputs, { stdout: "", stderr: "" });
      const response = new provider.CreateResponse();
      response.setId(`${typeAndName(urn).name}${randomBytes(4).toString("hex")}`);
      response.setProperties(structOf(outputsOf(properties, printed)));
      return response;
    }),
    update: method(async (request: Message<"UpdateRequest">) => {
      const news = propertiesOf(request.getNews());
      const inputs = commandInputs(news);
      const previous = printedBefore(propertiesOf(request.getOlds()));
      const script = inputs.update ?? inputs.create;
      const printed = await commands.run(request.getUrn(), script, inputs, previous);
      const response = new provider.UpdateResponse();
      response.setProperties(structOf(outputsOf(news, printed)));
      return response;
    }),
    delete: method(async (request: Message<"DeleteRequest">) => {
      const state = propertiesOf(request.getProperties());
      const inputs = commandInputs(state);
      await commands.run(request.getUrn(), inputs.delete, inputs, printedBefore(state));
      return new emptyMessages.Empty();
    }),
    read: method((request: Message<"ReadRequest">) => {
      const response = new provider.ReadResponse();
      response.setId(request.getId());
      response.setProperties(request.getProperties());
      response.setInputs(request.getInputs());
      return response;
    }),
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
      commands.cancel();
      return new emptyMessages.Empty();
    }),
    invoke: method((request: Message<"InvokeRequest">) => {
      throw new Error(notImplemented("the command plugin", `The function ${request.getTok()}`));
    }),
    call: refuse("Calling a method"),
    construct: refuse("A component"),
    getSchema: refuse("The schema (`pulumi package get-schema`)"),
    getMapping: refuse("A mapping (`pulumi convert`)"),
  };
  serve(providerService.ResourceProviderService, handlers);
};
