import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:http";

/** A port of 127.0.0.1 that can be closed, so that connections are refused, and opened again. */
export type Listener = {
  readonly port: number;
  /** Refuses connections and drops those that are open, or welcomes them again; done one after the other. */
  readonly setOpen: (open: boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Opens a port (0: any free one) for a handler. */
export const openListener = async (handler: RequestListener, wanted: number): Promise<Listener> => {
  // Longer than any client keeps an idle connection, so that none is closed under a request.
  const server = createServer({ keepAliveTimeout: 120_000 }, handler);
  const port = await listen(server, wanted);
  let last: Promise<unknown> = Promise.resolve();
  const setOpen = (open: boolean): Promise<void> => {
    const next = last.then(async () => {
      if (open && !server.listening) await listen(server, port);
      if (!open && server.listening) await close(server);
    });
    last = next.catch(() => undefined);
    return next;
  };
  return { port, setOpen, stop: () => setOpen(false) };
};
