import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RecordedAnswer } from "./recordings.ts";

export type Seen = { method: string; path: string; headers: IncomingMessage["headers"]; body: string };
export type Handler = (seen: Seen, response: ServerResponse, count: number) => void;

export type MaasServer = { url: string; port: number; seen: Seen[]; close: () => Promise<void> };

/** A real HTTP server on 127.0.0.1 that remembers what it was asked. `count` is 1 for the first request. */
export const maasServer = (handler: Handler, port = 0): Promise<MaasServer> =>
  new Promise((resolve, reject) => {
    const seen: Seen[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("error", () => {});
      request.on("end", () => {
        const one = {
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body: Buffer.concat(parts).toString("utf8"),
        };
        seen.push(one);
        handler(one, response, seen.length);
      });
    });
    server.on("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${port}/MAAS`,
        port,
        seen,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });

/** A port of 127.0.0.1 on which nothing listens. */
export const deadPort = async (): Promise<number> => {
  const server = await maasServer(() => {});
  await server.close();
  return server.port;
};

export const answer = (
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = { "content-type": "text/plain; charset=utf-8" },
): void => {
  response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
  response.end(body);
};

export const json = (response: ServerResponse, value: unknown): void =>
  answer(response, 200, JSON.stringify(value), { "content-type": "application/json; charset=utf-8" });

export const replay = (response: ServerResponse, recorded: RecordedAnswer): void =>
  answer(response, recorded.status, recorded.body, recorded.headers);

export const html = { "content-type": "text/html; charset=utf-8" };
