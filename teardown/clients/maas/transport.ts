import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { StringDecoder } from "node:string_decoder";
import { getCACertificates } from "node:tls";
import { arrayCutter } from "./array-elements.ts";
import { turns } from "./turns.ts";

/** One attempt. Limits in ms; `limit` counts from the moment the attempt has a connection slot. */
export type HttpAsk = {
  method: "GET" | "POST";
  url: string;
  /** Made when the attempt has its turn: a signature holds the time, and MAAS takes none that is older than 5 minutes. */
  headers: () => Record<string, string>;
  body?: string;
  limit: number;
  connectLimit: number;
  signal: AbortSignal | undefined;
  /** For an answer 200 that is a list: called with the text of each element as it comes. */
  onElement?: ((text: string) => unknown) | undefined;
};

/** `elements`: what `onElement` returned of each, and whether they were a whole list; `body` is then no more than its beginning. */
export type HttpAnswer = {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  bytes: number;
  elements?: { found: unknown[]; whole: boolean };
};

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

/** What becomes of an answer's body while it comes. */
type Content = { push: (part: Buffer) => void; end: () => Pick<HttpAnswer, "body" | "elements"> };

const whole = (): Content => {
  const parts: Buffer[] = [];
  return {
    push: (part) => void parts.push(part),
    end: () => ({ body: Buffer.concat(parts).toString("utf8") }),
  };
};

/** As much of a list's body as tells what it is, when it is none. */
const beginning = 2_000;

const list = (onElement: (text: string) => unknown): Content => {
  const decoder = new StringDecoder("utf8");
  const found: unknown[] = [];
  const cutter = arrayCutter((text) => found.push(onElement(text)));
  let body = "";
  const take = (text: string): void => {
    if (body.length < beginning) body += text.slice(0, beginning);
    cutter.push(text);
  };
  return {
    push: (part) => take(decoder.write(part)),
    end: () => {
      take(decoder.end());
      return { body, elements: { found, whole: cutter.end() } };
    },
  };
};

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

  const sendNow: Send = (ask) =>
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
        { method: ask.method, headers: ask.headers(), agent: isTls ? https : http },
        (response) => {
          const status = response.statusCode ?? 0;
          const content = ask.onElement && status === 200 ? list(ask.onElement) : whole();
          let bytes = 0;
          response.on("data", (part: Buffer) => {
            bytes += part.length;
            if (bytes <= maxBody) return content.push(part);
            settle({ failure: "too-big", reason: `the answer is larger than ${maxBody} bytes` });
          });
          response.on("error", (error) => settle({ failure: "lost", reason: describe(error), cause: error }));
          response.on("end", () => {
            clearTimeout(timer);
            ask.signal?.removeEventListener("abort", onAbort);
            resolve({ status, headers: response.headers, bytes, ...content.end() });
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

  const { take } = turns(options.concurrency);
  const send: Send = async (ask) => {
    const endTurn = await take(ask.signal);
    if (!endTurn) return { failure: "aborted", reason: "stopped before it was sent" };
    try {
      return await sendNow(ask);
    } finally {
      endTurn();
    }
  };

  return {
    send,
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
};
