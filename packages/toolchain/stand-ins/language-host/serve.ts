import {
  credentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import languageService from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { versions } from "../../versions.ts";
import { connectToEngine } from "../engine.ts";
import { notImplemented } from "../refuse.ts";
import { engineAddress, serve } from "../server.ts";
import { directPackages } from "./packages.ts";
import { invocationOf, type ProgramRun, startProgram } from "./program.ts";

type Language = typeof language;
type Message<Name extends keyof Language> = Language[Name] extends new () => infer T ? T : never;
type Unary<Request extends keyof Language, Response extends keyof Language> = handleUnaryCall<
  Message<Request>,
  Message<Response>
>;

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)));

const runOf = (request: Message<"RunRequest">, engine: string): ProgramRun => {
  const info = request.getInfo();
  return {
    engine,
    monitor: request.getMonitorAddress(),
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    rootDirectory: info?.getRootDirectory() ?? request.getPwd(),
    programDirectory: info?.getProgramDirectory() ?? request.getPwd(),
    entryPoint: info?.getEntryPoint() ?? request.getProgram(),
    arguments: request.getArgsList(),
    dryRun: request.getDryrun(),
    parallel: request.getParallel(),
    config: new Map(request.getConfigMap().entries()),
    secretKeys: request.getConfigsecretkeysList(),
    options: info?.getOptions()?.toJavaScript() ?? {},
  };
};

/** A method that we do not have: refused by its name, as a unary or as a streaming call. */
const refuse =
  (what: string): handleUnaryCall<unknown, unknown> =>
  (_call, callback) =>
    callback(new Error(notImplemented("pulumi-language-nodejs", what)));
const refuseStream =
  (what: string): handleServerStreamingCall<unknown, unknown> =>
  (call) => {
    call.emit("error", new Error(notImplemented("pulumi-language-nodejs", what)));
  };

/** Serves the language host; `argv` are the arguments of the process, one of which is the engine's address. */
export const serveLanguageHost = (argv: readonly string[]): void => {
  let engine = engineAddress(argv) ?? "";
  let stopProgram: () => void = () => {};
  if (engine)
    connectToEngine(engine, credentials.createInsecure(), () => {
      stopProgram();
      process.exit(1);
    });

  const run = async (request: Message<"RunRequest">): Promise<Message<"RunResponse">> => {
    if (request.getAttachDebugger())
      throw new Error(notImplemented("pulumi-language-nodejs", "--attach-debugger"));
    const program = runOf(request, engine);
    const invocation = invocationOf(program, process.execPath);
    const { child, outcome } = startProgram(invocation, program.programDirectory);
    stopProgram = () => child.kill("SIGKILL");
    const { error, told } = await outcome.finally(() => {
      stopProgram = () => {};
    });
    const response = new language.RunResponse();
    response.setError(error);
    response.setBail(told);
    return response;
  };

  const handshake: Unary<"LanguageHandshakeRequest", "LanguageHandshakeResponse"> = (call, callback) => {
    engine = call.request.getEngineAddress() || engine;
    callback(null, new language.LanguageHandshakeResponse());
  };
  const getRequiredPackages: Unary<"GetRequiredPackagesRequest", "GetRequiredPackagesResponse"> = (
    call,
    callback,
  ) => {
    const packages = directPackages(call.request.getInfo()?.getProgramDirectory() ?? process.cwd());
    const response = new language.GetRequiredPackagesResponse();
    for (const { plugin } of packages) {
      if (!plugin) continue;
      const dependency = new pluginMessages.PackageDependency();
      dependency.setName(plugin.name);
      dependency.setKind("resource");
      dependency.setVersion(`v${plugin.version}`);
      response.addPackages(dependency);
    }
    callback(null, response);
  };
  const getProgramDependencies: Unary<"GetProgramDependenciesRequest", "GetProgramDependenciesResponse"> = (
    call,
    callback,
  ) => {
    const response = new language.GetProgramDependenciesResponse();
    for (const { name, version } of directPackages(
      call.request.getInfo()?.getProgramDirectory() ?? call.request.getPwd(),
    )) {
      const dependency = new language.DependencyInfo();
      dependency.setName(name);
      dependency.setVersion(version);
      response.addDependencies(dependency);
    }
    callback(null, response);
  };

  const handlers: UntypedServiceImplementation = {
    handshake,
    getRequiredPackages,
    getProgramDependencies,
    getRequiredPlugins: (_call: unknown, callback: sendUnaryData<unknown>) =>
      callback(null, new language.GetRequiredPluginsResponse()),
    getPluginInfo: (_call: unknown, callback: sendUnaryData<unknown>) => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(versions.pulumi);
      callback(null, info);
    },
    about: (_call: unknown, callback: sendUnaryData<unknown>) => {
      const response = new language.AboutResponse();
      response.setExecutable(process.execPath);
      response.setVersion(process.version);
      response
        .getMetadataMap()
        .set("language host", "stand-in of this project (packages/toolchain/stand-ins)");
      callback(null, response);
    },
    runtimeOptionsPrompts: (_call: unknown, callback: sendUnaryData<unknown>) =>
      callback(null, new language.RuntimeOptionsResponse()),
    cancel: (_call: unknown, callback: sendUnaryData<unknown>) => {
      stopProgram();
      callback(null, new emptyMessages.Empty());
    },
    run: (call: { request: Message<"RunRequest"> }, callback: sendUnaryData<unknown>) => {
      run(call.request).then(
        (response) => callback(null, response),
        (cause: unknown) => callback(asError(cause)),
      );
    },
    installDependencies: refuseStream("`pulumi install` (here: `make setup`)"),
    runPlugin: refuseStream("A plugin written in Node.js without an executable"),
    template: refuse("`pulumi new`"),
    generateProgram: refuse("Generating a program (`pulumi convert`, `pulumi import`)"),
    generateProject: refuse("Generating a project (`pulumi convert`)"),
    generatePackage: refuse("Generating an SDK (`pulumi package gen-sdk`)"),
    pack: refuse("Packing an SDK"),
    link: refuse("`pulumi package add`"),
  };
  serve(languageService.LanguageRuntimeService, handlers);
};
