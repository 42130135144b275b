import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { getCACertificates } from "node:tls";

/** One attempt. Limits in ms; `limit` counts from the moment the attempt has a connection slot. */
export type HttpAsk = {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body?: string;
  limit: number;
  connectLimit: number;
  signal: AbortSignal | undefined;
};

export type HttpAnswer = { status: number; headers: IncomingHttpHeaders; body: string; bytes: number };

/** Why there is no whole answer. Only `not-sent` and `certificate` prove that MAAS never saw the request. */
export type HttpFailure = {
  failure: "not-sent" | "certificate" | "lost" | "limit" | "aborted" | "too-big";
  reason: string;
  cause?: unknown;
};

/** Sends one request. Never throws: what went wrong is an {@link HttpFailure}. */
export type Send = (ask: HttpAsk) => Promise<HttpAnswer | HttpFailure>;

export type Transport = { send: Send; close: () => void };

const maxBody = 256 * 1024 * 1024;

const describe = (error: NodeJS.ErrnoException | AggregateError): string => {
  // A host with several addresses fails with an AggregateError whose own message is empty.
  if (error instanceof AggregateError) return [...new Set(error.errors.map(String))].join("; ");
  return error.message || ("code" in error && error.code) || "the connection failed";
};

const isCertificateProblem = (error: Error): boolean =>
  "code" in error &&
  /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_|EPROTO)/.test(String(error.code));

/**
 * HTTP over keep-alive connections, at most `concurrency` at a time; more requests wait their turn.
 * Not `fetch`: its 300 s limit on waiting for headers cannot be changed, and a release may take longer to be answered.
 * @param ca PEM of an additional authority (MAAS with its own TLS certificate)
 */
export const httpTransport = (options: {
  concurrency: number;
  keepAlive: boolean;
  ca?: string | undefined;
}): Transport => {
  const common = { keepAlive: options.keepAlive, maxSockets: options.concurrency };
  const http = new HttpAgent(common);
  const https = new HttpsAgent(
    options.ca === undefined ? common : { ...common, ca: [...getCACertificates("default"), options.ca] },
  );

  const send: Send = (ask) =>
    new Promise((resolve) => {
      if (ask.signal?.aborted) return resolve({ failure: "aborted", reason: "stopped before it was sent" });
      const isTls = ask.url.startsWith("https:");
      let connected = false;
      let timer: NodeJS.Timeout | undefined;
      const settle = (outcome: HttpAnswer | HttpFailure): void => {
        clearTimeout(timer);
        ask.signal?.removeEventListener("abort", onAbort);
        resolve(outcome);
        request.destroy();
      };
      const request = (isTls ? httpsRequest : httpRequest)(
        ask.url,
        { method: ask.method, headers: ask.headers, agent: isTls ? https : http },
        (response) => {
          const parts: Buffer[] = [];
          let bytes = 0;
          response.on("data", (part: Buffer) => {
            bytes += part.length;
            if (bytes <= maxBody) return void parts.push(part);
            settle({ failure: "too-big", reason: `the answer is larger than ${maxBody} bytes` });
          });
          response.on("error", (error) => settle({ failure: "lost", reason: describe(error), cause: error }));
          response.on("end", () => {
            const body = Buffer.concat(parts).toString("utf8");
            clearTimeout(timer);
            ask.signal?.removeEventListener("abort", onAbort);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body, bytes });
          });
        },
      );
      const onAbort = (): void => settle({ failure: "aborted", reason: "stopped" });
      ask.signal?.addEventListener("abort", onAbort, { once: true });
      request.on("socket", (socket) => {
        const established = (): void => {
          connected = true;
          clearTimeout(timer);
          timer = setTimeout(
            () => settle({ failure: "limit", reason: `no answer within ${ask.limit / 1000} s` }),
            ask.limit,
          );
        };
        if (!socket.connecting) return established();
        socket.once(isTls ? "secureConnect" : "connect", established);
        timer = setTimeout(
          () => settle({ failure: "not-sent", reason: `no connection within ${ask.connectLimit / 1000} s` }),
          ask.connectLimit,
        );
      });
      request.on("error", (error) => {
        const failure = connected ? "lost" : isCertificateProblem(error) ? "certificate" : "not-sent";
        settle({ failure, reason: describe(error), cause: error });
      });
      request.end(ask.body);
    });

  return {
    send,
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
};
