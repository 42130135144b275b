import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type ExecAsk, execProgram } from "../../teardown/clients/exec.ts";
import { runs, until } from "./witness.ts";

const ask = (binary: string, ...args: string[]): ExecAsk => ({
  binary,
  args,
  env: { PATH: process.env.PATH },
  limit: 30_000,
  maxBytes: 1_000_000,
  signal: undefined,
  leash: true,
});

describe("a program on a leash", function () {
  this.timeout(60_000);

  it("answers as it would without one", async () => {
    const { end, code, stdout, stderr } = await execProgram(
      ask("sh", "-c", 'echo "$1" "$#"; echo trouble >&2; exit 3', "name", "a b $(c)", "d"),
    );
    expect({ end, code, stdout, stderr }).to.deep.equal({
      end: "exited",
      code: 3,
      stdout: "a b $(c) 2\n",
      stderr: "trouble\n",
    });
  });

  it("is told apart when it does not exist", async () => {
    expect((await execProgram(ask("no-such-program"))).end).to.equal("no-binary");
  });

  it("ends at its limit", async () => {
    expect((await execProgram({ ...ask("sleep", "60"), limit: 200 })).end).to.equal("limit");
  });

  it("is stopped when the process that started it is killed", async () => {
    const module = new URL("../../teardown/clients/exec.ts", import.meta.url).href;
    const code = `import { execProgram } from ${JSON.stringify(module)};
      await execProgram({ ...${JSON.stringify(ask("sh", "-c", 'echo "child $$" >&2; exec sleep 600'))}, signal: undefined,
        onStderr: (text) => console.log(text) });`;
    const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = await once(parent.stdout, "data");
    const child = Number(/child (\d+)/.exec(String(said))?.[1]);
    expect(readFileSync(`/proc/${child}/stat`, "utf8")).to.include(`${child} `);
    parent.kill("SIGKILL");
    await until("the program is gone", () => !runs(child));
  });
});
