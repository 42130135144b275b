// Loaded into every Node process of a destroy (NODE_OPTIONS --import): kills one of them at a chosen moment. The project's
// own code knows nothing of it.
import { channel } from "node:diagnostics_channel";
import fs, { existsSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { fill } from "./fill.ts";
import type { Strike } from "./strike.ts";

const isProvider = (process.argv[1] ?? "").includes("dynamic-provider");
const isCapture = process.execArgv.some((word) => word.includes('("capture")'));
const given = process.env.TRUST_STRIKE;

const arm = async (strike: Strike, marker: string): Promise<void> => {
  const { engineProcess } = await import("../../teardown/clients/engine-process.ts");
  let left = strike.nth;

  const kill = (pid: number | undefined): void => {
    if (!pid || existsSync(marker)) return;
    writeFileSync(marker, String(pid));
    process.kill(pid, "SIGKILL");
    // A process that kills itself must not do another step.
    if (pid === process.pid) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
  };
  const providerOf = (written: string): number | undefined => {
    const lines = readFileSync(join(dirname(written), "journal.jsonl"), "utf8").split("\n");
    const started = lines.findLast((line) => line.includes('"event":"destroy-started"'));
    return started ? Number((JSON.parse(started) as { pid: number }).pid) : undefined;
  };
  const hit = (written?: string): void => {
    if (strike.who === "disk") {
      writeFileSync(marker, strike.filler);
      fill(strike.filler);
    } else if (strike.who === "engine") kill(engineProcess()?.pid);
    else if (strike.who === "provider" && written && !isProvider) kill(providerOf(written));
    else kill(process.pid);
  };

  if (strike.at === "journal") {
    const patched =
      (write: (...args: never[]) => unknown) =>
      (handle: unknown, text: unknown, ...rest: unknown[]): unknown => {
        const go = (what: unknown) => Reflect.apply(write, fs, [handle, what, ...rest]);
        const fits =
          typeof handle === "number" &&
          typeof text === "string" &&
          text.includes(`"event":"${strike.event}"`) &&
          text.includes(strike.match ?? "") &&
          readlinkSync(`/proc/self/fd/${handle}`).includes(`/${strike.file ?? ""}`) &&
          --left === 0;
        if (!fits) return go(text);
        const file = readlinkSync(`/proc/self/fd/${handle}`);
        if (strike.when === "torn") go(text.slice(0, text.length / 2));
        if (strike.when !== "after") hit(file);
        const answer = go(text);
        hit(file);
        return answer;
      };
    Object.assign(fs, { writeSync: patched(fs.writeSync), writeFileSync: patched(writeFileSync) });
    syncBuiltinESMExports();
  }
  if (strike.at === "post") {
    channel("undici:client:sendHeaders").subscribe((message) => {
      const { request } = message as { request: { method: string; path: string } };
      if (request.method === "POST" && request.path.includes("op=release") && --left === 0)
        setTimeout(hit, 40);
    });
  }
  if (strike.at === "juju") {
    channel("child_process").subscribe((message) => {
      const child = (message as { process: { spawnargs?: string[] } }).process;
      setImmediate(() => {
        if (child.spawnargs?.includes(strike.command) && --left === 0) setTimeout(hit, strike.delay);
      });
    });
  }
};

if (given && (isProvider || isCapture))
  await arm(JSON.parse(given) as Strike, process.env.TRUST_STRUCK ?? "");
