import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { z } from "zod";
import type { CallLog } from "./call-log.ts";
import type { ControlOperation } from "./control.ts";
import { ScenarioError } from "./errors.ts";
import type { Controller, JujuCall } from "./juju/controller.ts";
import { readBody } from "./maas/serve.ts";

/** What the control side of the HTTP server serves. */
export type ServerParts = {
  readonly maas: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly juju: Controller;
  readonly log: CallLog;
  readonly state: () => unknown;
  readonly control: (operation: ControlOperation) => Promise<void>;
};

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(`${JSON.stringify(value)}\n`);
};

const readJson = async (request: IncomingMessage): Promise<unknown> =>
  JSON.parse((await readBody(request)).toString("utf8"));

const jujuCallSchema = z.object({
  argv: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  tty: z.boolean(),
  began: z.number().optional(),
});

const operationSchema = z.looseObject({ op: z.string() });

/** Clients that wait for a line on their stdin. */
const waiting = new Map<string, () => void>();

const stdinSchema = z.object({ id: z.string() });

/** A stand-in has read a line from its stdin, or the end of it. */
const readFromStdin = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { id } = stdinSchema.parse(await readJson(request));
  waiting.get(id)?.();
  waiting.delete(id);
  json(response, 200, { ok: true });
};

/**
 * Runs one juju command for the stand-in: JSON lines `{"stdout"}`, `{"stderr"}`, `{"onInterrupt"}`, `{"waitsForStdin"}`,
 * at last `{"exit"}`.
 */
const runJuju = async (
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const call: JujuCall = jujuCallSchema.parse(await readJson(request));
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.writeHead(200, { "Content-Type": "application/jsonl" });
  const line = (value: unknown): void => {
    if (!gone.signal.aborted) response.write(`${JSON.stringify(value)}\n`);
  };
  const exit = await parts.juju.run(call, {
    stdout: (text) => line({ stdout: text }),
    stderr: (text) => line({ stderr: text }),
    onInterrupt: (text) => line({ onInterrupt: text }),
    readStdin: () =>
      new Promise((resolve, reject) => {
        const id = randomUUID();
        waiting.set(id, resolve);
        gone.signal.addEventListener("abort", () => {
          waiting.delete(id);
          reject(gone.signal.reason);
        });
        line({ waitsForStdin: id });
      }),
    signal: gone.signal,
  });
  line({ exit });
  response.end();
};

const runControl = async (
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  try {
    await parts.control(operationSchema.parse(await readJson(request)));
    json(response, 200, { ok: true });
  } catch (error) {
    if (!(error instanceof ScenarioError || error instanceof SyntaxError || error instanceof z.ZodError))
      throw error;
    json(response, 400, { error: error.message });
  }
};

const calledSchema = z.strictObject({
  at: z.string(),
  side: z.enum(["maas-cli", "juju-cli"]),
  what: z.string(),
  answer: z.string(),
  took: z.number(),
  startedAt: z.string(),
});

/** A stand-in reports a call that it has made. */
const addCall = async (
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const call = calledSchema.safeParse(await readJson(request));
  if (call.success) parts.log.add(call.data);
  json(response, call.success ? 200 : 400, { ok: call.success });
};

const route = async (
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  if (path.startsWith("/MAAS/")) return parts.maas(request, response);
  if (path === "/simulator/juju" && request.method === "POST") return runJuju(parts, request, response);
  if (path === "/simulator/juju/stdin" && request.method === "POST") return readFromStdin(request, response);
  if (path === "/simulator/control" && request.method === "POST") return runControl(parts, request, response);
  if (path === "/simulator/state") return json(response, 200, parts.state());
  if (path === "/simulator/calls" && request.method === "POST") return addCall(parts, request, response);
  if (path === "/simulator/calls") return json(response, 200, parts.log.all());
  return json(response, 404, { error: `The simulated lab has nothing at ${path}.` });
};

/** The lab's HTTP server: `/MAAS/` is the MAAS API, `/simulator/` the control side. */
export const labHandler =
  (parts: ServerParts): RequestListener =>
  (request, response) => {
    route(parts, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else json(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  };
