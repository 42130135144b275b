import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { execa } from "execa";
import { isAlive, until, withScript } from "./support/juju.ts";

const exec = pathToFileURL(join(import.meta.dirname, "..", "..", "clients", "exec.ts")).href;

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
          void execProgram({ binary: ${JSON.stringify(join(folder, "juju"))}, args: [], env: process.env, limit: 60_000, maxBytes: 1, signal: undefined });`;
        const running = execa(process.execPath, ["--input-type=module", "-e", program], { reject: false });
        await until(() => existsSync(pids));
        running.kill(signal);
        const { signal: killedBy, exitCode } = await running;
        expect(killedBy ?? exitCode).to.equal(ends);
        await until(() => !isAlive(Number(readFileSync(pids, "utf8"))));
      });
    });

  it("leaves no listener behind", async () => {
    const { execProgram } = await import("../../clients/exec.ts");
    const before = process.listenerCount("SIGTERM");
    const ask = { env: process.env, limit: 60_000, maxBytes: 100, signal: undefined };
    const running = execProgram({ ...ask, binary: "sleep", args: ["0.2"] });
    expect(process.listenerCount("SIGTERM")).to.equal(before + 1);
    await running;
    await execProgram({ ...ask, binary: "/nonexistent/juju", args: [] });
    expect(process.listenerCount("SIGTERM")).to.equal(before);
  });
});
