import { channel } from "node:diagnostics_channel";
import { connectivityState, credentials, Metadata } from "@grpc/grpc-js";
import grpcServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/engine_pb.js";
import type { StopReason } from "../../teardown/stopping.ts";

/** What a message on a row is: a passing status, or one that stays under Diagnostics. */
export type Tone = "status" | "info" | "warning";

/** The engine that started this process, as seen from inside a provider. */
export type Engine = {
  /** The URN of the stack when a program ran in this operation, "" in a plain destroy (engine.md 1.4). Throws when the engine does not answer. */
  rootResource: () => Promise<string>;
  /** Writes to one resource's own row. Never throws: a lost message must not stop a teardown. */
  say: (urn: string, text: string, tone: Tone) => Promise<void>;
  /** Aborted, with a `StopReason`, when the operator cancels or the engine dies. */
  gone: AbortSignal;
  /** Aborted when the engine has died, whether or not the operator cancelled before: nobody else ends this process then. */
  died: AbortSignal;
};

const severityOf = (tone: Tone) =>
  tone === "warning" ? messages.LogSeverity.WARNING : messages.LogSeverity.INFO;

// Terminal escapes in what MAAS or Juju say would reach the operator's screen as they are.
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
const control = /\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Takes terminal escapes and other control characters out of a text; newlines and tabs stay. */
export const plain = (text: string): string => text.replaceAll("\r\n", "\n").replace(control, "");

/** Follows the engine's Cancel call, which the SDK's dynamic provider answers without doing anything (engine.md 0). */
const onCancel = (heard: () => void) => {
  channel("http2.server.stream.start").subscribe((message) => {
    const headers = (message as { headers?: Record<string, unknown> }).headers;
    if (headers?.[":path"] === "/pulumirpc.ResourceProvider/Cancel") heard();
  });
};

/**
 * Connects to the engine.
 *
 * @param address the engine's address: the provider's first argument
 */
export const connectEngine = (address: string): Engine => {
  const client = new grpcServices.EngineClient(address, credentials.createInsecure());
  const gone = new AbortController();
  const died = new AbortController();

  const rootResource = () =>
    new Promise<string>((resolve, reject) => {
      client.getRootResource(
        new messages.GetRootResourceRequest(),
        new Metadata(),
        { deadline: Date.now() + 10_000 },
        (error, answer) => (error ? reject(error) : resolve(answer.getUrn())),
      );
    });

  const say = (urn: string, text: string, tone: Tone) =>
    new Promise<void>((resolve) => {
      const request = new messages.LogRequest();
      request.setSeverity(severityOf(tone));
      request.setMessage(plain(text));
      request.setUrn(urn);
      request.setEphemeral(tone === "status");
      client.log(request, new Metadata(), { deadline: Date.now() + 10_000 }, () => resolve());
    });

  // The provider outlives a killed engine and would go on destroying (engine.md 3.2). The channel's state changes
  // within milliseconds of the kill; it also changes when gRPC goes idle, so one call confirms it.
  const watch = () => {
    const wire = client.getChannel();
    const state = wire.getConnectivityState(true);
    wire.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => {
      const now = wire.getConnectivityState(false);
      const lost = state === connectivityState.READY && now !== connectivityState.READY;
      if (!lost && now !== connectivityState.TRANSIENT_FAILURE) return watch();
      rootResource().then(watch, () => {
        gone.abort({ why: "engine-gone" } satisfies StopReason);
        died.abort();
      });
    });
  };
  watch();
  onCancel(() => gone.abort({ why: "cancelled" } satisfies StopReason));
  return { rootResource, say, gone: gone.signal, died: died.signal };
};
