import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallLog } from "../call-log.ts";
import type { Clock } from "../clock.ts";
import { apiHash } from "./description.ts";
import type { Maas } from "./maas.ts";
import { oauthParameters } from "./oauth.ts";
import type { Reply } from "./reply.ts";
import { type HttpRequest, parametersOf } from "./request.ts";
import { type SideFaults, sideBehaviour } from "./side-faults.ts";

/** What a real MAAS's server needs for each machine that it returns, real ms. Source: measured, 3.6.5, 2 cores. */
const costOfMachine = 14;

export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** What the call log shows of a request: the parameters and who asked, never the key. */
const describe = (maas: Maas, request: HttpRequest): Record<string, unknown> => {
  const consumer = oauthParameters(request.headers.authorization).get("oauth_consumer_key");
  const user = maas.region.users.find((candidate) => candidate.consumer === consumer)?.name ?? null;
  try {
    const { form } = parametersOf(request);
    const fields = [...new Set(form.keys())].map((name) => [name, form.getAll(name).join(" ")]);
    return { user, ...Object.fromEntries(fields) };
  } catch {
    return { user };
  }
};

const send = (response: ServerResponse, reply: Reply, cut = false): void => {
  const body = Buffer.from(reply.body, "utf8");
  response.writeHead(reply.status, {
    Server: "TwistedWeb/24.3.0",
    "Content-Type": reply.type,
    ...(reply.vary ? { Vary: reply.vary } : {}),
    ...(reply.hash ? { "X-Maas-Api-Hash": apiHash } : {}),
    ...reply.headers,
    ...(reply.bare ? {} : { "X-Frame-Options": "DENY", "Content-Length": body.length }),
  });
  if (!cut) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
};

/** Serves the API over HTTP: call log, faults of the whole side, and the cost of a real read with `latency`. */
export const createMaasServer =
  ({
    maas,
    clock,
    log,
    faults,
    latency,
    sleep,
  }: {
    maas: Maas;
    clock: Clock;
    log: CallLog;
    faults: SideFaults;
    latency: boolean;
    /** Real time. */
    sleep: (ms: number) => Promise<void>;
  }): ((incoming: IncomingMessage, response: ServerResponse) => Promise<void>) =>
  async (incoming, response) => {
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(", ") : value,
      ]),
    );
    const { method = "GET", url = "/" } = incoming;
    const what = `${method} ${url}`;
    const fault = faults.hit(what);
    const request: HttpRequest = { method, url, headers, body: await readBody(incoming) };
    const call = log.begin({ side: "maas-api", what, detail: describe(maas, request) });
    response.on("close", () => {
      if (!response.writableFinished && !ended) finish("disconnected");
    });
    let ended = false;
    const finish = (answer: string, detail?: Record<string, unknown>): void => {
      if (!ended) call.end(answer, detail);
      ended = true;
    };
    const { breaks, reply: inPlace, spoils } = sideBehaviour(fault);
    if (breaks === "hang") return;
    if (fault && breaks) {
      finish(fault.kind);
      incoming.socket.destroy();
      return;
    }
    if (fault && spoils === "late") await clock.sleep(fault.delay);
    const reply = inPlace?.() ?? (await maas.handle(request));
    if (latency && reply.machines) await sleep(reply.machines * costOfMachine);
    if (reply.instead === "hang") return;
    if (reply.instead === "reset") {
      finish("reset");
      incoming.socket.destroy();
      return;
    }
    finish(
      `${reply.status}`,
      reply.status < 400 ? undefined : { text: reply.status === 401 ? "(withheld)" : reply.body },
    );
    send(response, reply, spoils === "cut");
  };
