import { type ChannelCredentials, connectivityState, Metadata } from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";

/** What the stand-ins need of the running engine. */
export type Engine = {
  /** A line for the row of `urn` that is shown while it is the newest, and never kept. */
  showOnRow: (urn: string, line: string) => Promise<void>;
};

/**
 * Connects to the engine at `address` (host:port) and calls `onDeath` once when the engine is gone. The channel
 * reports a killed engine within milliseconds; that it may also go idle after 30 quiet minutes is why a loss is
 * confirmed by one call.
 */
export const connectToEngine = (
  address: string,
  credentials: ChannelCredentials,
  onDeath: () => void,
): Engine => {
  const client = new engineService.EngineClient(address, credentials);
  const channel = client.getChannel();
  const confirmDeath = (): void => {
    const deadline = new Date(Date.now() + 1000);
    const question = new engineMessages.GetRootResourceRequest();
    client.getRootResource(question, new Metadata(), { deadline }, (error) => {
      if (error) onDeath();
      else watch();
    });
  };
  const watch = (): void =>
    channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, confirmDeath);
  client.waitForReady(Date.now() + 60_000, (error) => {
    if (error) onDeath();
    else watch();
  });
  // Calls under way at the same time may overtake each other, and the last line is what a reader is left with.
  let shown: Promise<void> = Promise.resolve();
  const show = (urn: string, line: string): Promise<void> =>
    new Promise((resolve) => {
      const request = new engineMessages.LogRequest();
      request.setSeverity(engineMessages.LogSeverity.INFO);
      request.setMessage(line);
      request.setUrn(urn);
      request.setEphemeral(true);
      client.log(request, () => resolve());
    });
  return {
    showOnRow: (urn, line) => {
      shown = shown.then(() => show(urn, line));
      return shown;
    },
  };
};
