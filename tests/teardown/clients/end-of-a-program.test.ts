import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { execa } from "execa";
import { isAlive, until, withScript } from "./support/juju.ts";

const exec = pathToFileURL(
  join(import.meta.dirname, "..", "..", "..", "teardown", "clients", "exec.ts"),
).href;

// The process itself says that its program runs: then it has also done what it does right after starting one.
const sayReady = (pids: string): string => `
  const { existsSync } = await import("node:fs");
  while (!existsSync(${JSON.stringify(pids)})) await new Promise((resolve) => setTimeout(resolve, 5));
  console.log("ready");`;
const ready = (running: { stdout: NodeJS.ReadableStream }): Promise<unknown> => once(running.stdout, "data");

describe("a program that was started", () => {
  for (const [signal, listener, ends] of [
    ["SIGTERM", "", "SIGTERM"],
    ["SIGINT", "process.on('SIGINT', () => setTimeout(() => process.exit(9), 50));", 9],
  ] as const)
    it(`ends with us on ${signal}, ${listener ? "and a listener decides how we end" : "which ends us too"}`, async () => {
      await withScript("echo $$ > pids.new; mv pids.new pids; exec sleep 600", async ({ folder }) => {
        const pids = join(folder, "pids");
        const program = `
          const { execProgram } = await import(${JSON.stringify(exec)});
          ${listener}
          void execProgram({ binary: ${JSON.stringify(join(folder, "juju"))}, args: [], env: process.env, limit: 60_000, maxBytes: 1, signal: undefined });
          ${sayReady(pids)}`;
        const running = execa(process.execPath, ["--input-type=module", "-e", program], { reject: false });
        await ready(running);
        running.kill(signal);
        const { signal: killedBy, exitCode } = await running;
        expect(killedBy ?? exitCode).to.equal(ends);
        await until(() => !isAlive(Number(readFileSync(pids, "utf8"))));
      });
    });

  it("ends with us on SIGKILL too, when it is on a leash, and ends as it would have otherwise", async () => {
    await withScript("echo $$ > pids.new; mv pids.new pids; exec sleep 600", async ({ folder }) => {
      const pids = join(folder, "pids");
      const program = `
        const { execProgram } = await import(${JSON.stringify(exec)});
        void execProgram({ binary: ${JSON.stringify(join(folder, "juju"))}, args: [], env: process.env, limit: 60_000, maxBytes: 1, signal: undefined, leash: true });
        ${sayReady(pids)}`;
      const running = execa(process.execPath, ["--input-type=module", "-e", program], { reject: false });
      await ready(running);
      running.kill("SIGKILL");
      await running;
      await until(() => !isAlive(Number(readFileSync(pids, "utf8"))));
    });
    const { execProgram } = await import("../../../teardown/clients/exec.ts");
    const ask = { env: process.env, limit: 60_000, maxBytes: 1000, signal: undefined, leash: true };
    const ended = await execProgram({
      ...ask,
      binary: "sh",
      args: ["-c", 'echo "$1"; echo oh >&2; exit 3', "sh", "a b"],
    });
    expect(ended).to.deep.include({ end: "exited", code: 3, stdout: "a b\n", stderr: "oh\n" });
    expect((await execProgram({ ...ask, binary: "/nonexistent/juju", args: [] })).end).to.equal("no-binary");
    const late = await execProgram({ ...ask, limit: 300, binary: "sleep", args: ["60"] });
    expect(late.end).to.equal("limit");
  });
});
