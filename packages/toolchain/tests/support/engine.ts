import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Server, ServerCredentials, type sendUnaryData } from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages, { type LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";

export type RowLine = { urn: string; line: string; ephemeral: boolean };
export type TestEngine = { address: string; lines: RowLine[]; die: () => void };

/** An engine that knows what plugins ask of it: it collects log lines and answers that there is no root resource. */
export const startEngine = async (): Promise<TestEngine> => {
  const lines: RowLine[] = [];
  const server = new Server();
  server.addService(engineService.EngineService, {
    log: (call: { request: LogRequest }, callback: sendUnaryData<unknown>) => {
      const { request } = call;
      lines.push({ urn: request.getUrn(), line: request.getMessage(), ephemeral: request.getEphemeral() });
      callback(null, new emptyMessages.Empty());
    },
    getRootResource: (_call: unknown, callback: sendUnaryData<unknown>) =>
      callback(null, new engineMessages.GetRootResourceResponse()),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { address: `127.0.0.1:${port}`, lines, die: () => server.forceShutdown() };
};

export type Plugin = {
  address: string;
  process: ChildProcess;
  exited: Promise<unknown>;
  stop: () => Promise<void>;
};

/** Starts a stand-in as the engine does: it prints its port as the first line. */
export const startPlugin = async (main: string, engine: TestEngine): Promise<Plugin> => {
  const child = spawn(process.execPath, [main, engine.address], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const [port] = await once(createInterface(child.stdout), "line");
  return {
    address: `127.0.0.1:${port}`,
    process: child,
    exited,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
};

/** A unary call of a gRPC client, whose callback is `done`, as a promise. */
export const ask = <Response>(
  start: (done: (error: Error | null, response: Response) => void) => unknown,
): Promise<Response> =>
  new Promise((resolve, reject) => start((error, response) => (error ? reject(error) : resolve(response))));
