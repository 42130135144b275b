import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const found = (): string | undefined => {
  const which = spawnSync("which", ["chromium"], { encoding: "utf8" });
  return which.status === 0 ? which.stdout.trim() : undefined;
};

/** The path of Debian's Chromium, which is installed when it is missing. */
export const chromiumPath = (): string => {
  const there = found();
  if (there) return there;
  execFileSync("apt-get", ["install", "-y", "chromium"], { stdio: "ignore" });
  const installed = found();
  if (!installed) throw new Error("chromium could not be installed: apt-get install -y chromium");
  return installed;
};

type Answer = {
  id?: number;
  sessionId?: string;
  method?: string;
  result?: unknown;
  error?: { message: string };
};

/** One tab. `evaluate` returns what the expression's JSON says. */
export type Tab = {
  call: (method: string, parameters?: Record<string, unknown>) => Promise<unknown>;
  show: (markup: string, view: { width: number; scheme: "light" | "dark" }) => Promise<void>;
  evaluate: (expression: string) => Promise<unknown>;
  screenshot: () => Promise<Buffer>;
  /** URLs that the page asked for, beside itself. */
  requested: () => string[];
};
/** A running browser. */
export type Browser = { tab: Tab; close: () => Promise<void> };

const portOf = async (folder: string): Promise<string> => {
  const file = join(folder, "DevToolsActivePort");
  for (let tries = 0; tries < 300; tries++) {
    const [port, path] = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    await sleep(100);
  }
  throw new Error("chromium did not say where it listens");
};

const connect = async (url: string) => {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("chromium did not accept the connection")));
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  const hear = new Set<(answer: Answer) => void>();
  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id === undefined) for (const each of hear) each(answer);
    else waiting.get(answer.id)?.(answer);
  });
  let last = 0;
  const call = async (method: string, params: Record<string, unknown> = {}, sessionId?: string) => {
    const id = ++last;
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    });
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result as Record<string, unknown>;
  };
  return { call, hear, close: () => socket.close() };
};

/** Starts a browser with a profile of its own, and one tab. */
export const startChromium = async (): Promise<Browser> => {
  const folder = mkdtempSync(join(tmpdir(), "chromium-"));
  const child = spawn(
    chromiumPath(),
    [
      ..."--headless --no-sandbox --disable-gpu --disable-quic --no-first-run".split(" "),
      ..."--disable-background-networking --disable-component-update --disable-sync".split(" "),
      "--remote-debugging-port=0",
      `--user-data-dir=${folder}`,
      "about:blank",
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const wire = await connect(await portOf(folder));
  const { targetId } = await wire.call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await wire.call("Target.attachToTarget", { targetId, flatten: true });
  const call = (method: string, parameters: Record<string, unknown> = {}) =>
    wire.call(method, parameters, String(sessionId));
  const { frameTree } = (await call("Page.getFrameTree")) as { frameTree: { frame: { id: string } } };
  const requested: string[] = [];
  wire.hear.add(({ method, ...rest }) => {
    if (method !== "Network.requestWillBeSent") return;
    requested.push((rest as { params: { request: { url: string } } }).params.request.url);
  });
  await call("Network.enable");
  const evaluate = async (expression: string) => {
    const answer = (await call("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as {
      result: { value?: unknown };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (answer.exceptionDetails)
      throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
    return answer.result.value;
  };
  return {
    tab: {
      call,
      evaluate,
      requested: () => requested,
      show: async (markup, { width, scheme }) => {
        await call("Emulation.setDeviceMetricsOverride", {
          width,
          height: 900,
          deviceScaleFactor: 1,
          mobile: width < 500,
        });
        await call("Emulation.setEmulatedMedia", {
          features: [{ name: "prefers-color-scheme", value: scheme }],
        });
        await call("Page.setDocumentContent", { frameId: frameTree.frame.id, html: markup });
      },
      screenshot: async () => {
        const { data } = (await call("Page.captureScreenshot", { captureBeyondViewport: true })) as {
          data: string;
        };
        return Buffer.from(data, "base64");
      },
    },
    close: async () => {
      await wire.call("Browser.close").catch(() => {});
      wire.close();
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
