import { Server, ServerCredentials, type sendUnaryData, status } from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages, { type LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";

export type Said = { urn: string; text: string; severity: number; ephemeral: boolean };

/** An engine that a provider can talk to, on a real socket. */
export type FakeEngine = {
  address: string;
  said: Said[];
  /** How often it was asked for the root resource. */
  asked: () => number;
  /** Breaks all connections, as kill -9 does. */
  die: () => void;
};

/** @param root the root resource: "" in a destroy, the stack's URN in an up, undefined when the engine cannot say */
export const fakeEngine = async (root: string | undefined, answersLogs = true): Promise<FakeEngine> => {
  const said: Said[] = [];
  let asked = 0;
  const server = new Server();
  server.addService(engineService.EngineService, {
    log: ({ request }: { request: LogRequest }, answer: sendUnaryData<unknown>) => {
      said.push({
        urn: request.getUrn(),
        text: request.getMessage(),
        severity: request.getSeverity(),
        ephemeral: request.getEphemeral(),
      });
      answer(answersLogs ? null : { code: status.INTERNAL, details: "no" }, new emptyMessages.Empty());
    },
    getRootResource: (_call: unknown, answer: sendUnaryData<unknown>) => {
      asked++;
      if (root === undefined) return answer({ code: status.INTERNAL, details: "the engine cannot say" });
      const response = new messages.GetRootResourceResponse();
      response.setUrn(root);
      answer(null, response);
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { address: `127.0.0.1:${port}`, said, asked: () => asked, die: () => server.forceShutdown() };
};
