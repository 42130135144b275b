import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa, type ResultPromise } from "execa";

const main = join(import.meta.dirname, "..", "..", "simulator", "main.ts");

type LabProcess = ResultPromise<{ reject: false }>;

type Started = { url: string; dir: string; apiKey: string; pid: number; env: Record<string, string> };

const isAlive = (pid = 0): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("node simulator/main.ts", () => {
  let dir: string;
  const running: LabProcess[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
  });
  afterEach(async () => {
    for (const process of running.splice(0)) {
      process.kill("SIGKILL");
      await process.catch(() => undefined);
    }
    rmSync(dir, { recursive: true });
  });

  const start = async (...options: string[]): Promise<{ process: LabProcess; started: Started }> => {
    const process = execa(globalThis.process.execPath, [main, "--json", "--dir", dir, ...options], {
      reject: false,
    });
    running.push(process);
    const started = await new Promise<Started>((resolve, reject) => {
      process.stdout?.once("data", (data: Buffer) => resolve(JSON.parse(data.toString("utf8"))));
      process.stderr?.once("data", (data: Buffer) => reject(new Error(data.toString("utf8"))));
    });
    return { process, started };
  };

  it("says in one line of JSON where it is, and stops on SIGTERM", async () => {
    const { process, started } = await start("--maas", "3.4", "--machines", "3");
    expect(started.pid).to.equal(process.pid);
    const version = await (await fetch(`${started.url}/MAAS/api/2.0/version/`)).json();
    expect(version).to.include({ version: "3.4.8", subversion: "simulated" });
    const { stdout } = await execa("maas", ["admin", "machines", "read", "status=ready"], {
      env: started.env,
    });
    expect(JSON.parse(stdout).map(({ hostname }: { hostname: string }) => hostname)).to.deep.equal([
      "node0000",
      "node0001",
      "node0002",
    ]);
    process.kill("SIGTERM");
    expect((await process).exitCode).to.equal(0);
  });

  it("stops when the process that it belongs to is gone", async () => {
    const parent = execa("sleep", ["60"], { reject: false });
    const { process } = await start("--parent-pid", `${parent.pid}`);
    await sleep(700);
    expect(isAlive(process.pid)).to.equal(true);
    parent.kill();
    await parent;
    expect((await process).exitCode).to.equal(0);
  });

  it("plays a scenario file", async () => {
    const file = join(dir, "scenario.yaml");
    writeFileSync(file, "models: []\nmachines:\n  - { hostname: only, status: Broken }\n");
    const { started } = await start("--scenario", file);
    const state = await (await fetch(`${started.url}/simulator/state`)).json();
    expect(state).to.have.nested.property("machines[0].status", "Broken");
  });

  it("greets a human with what to source", async () => {
    const process = execa(globalThis.process.execPath, [main, "--dir", dir], { reject: false });
    running.push(process);
    const [greeting] = await new Promise<Buffer[]>((resolve) =>
      process.stdout?.once("data", (...data) => resolve(data)),
    );
    expect(greeting?.toString()).to.contain(`. ${dir}/env.sh`);
  });

  it("refuses what it does not understand in one line", async () => {
    const { exitCode, stderr } = await execa(
      globalThis.process.execPath,
      [main, "--dir", dir, "--speed", "fast"],
      {
        reject: false,
      },
    );
    expect([exitCode, stderr]).to.deep.equal([1, "--speed must be a number, found fast."]);
  });
});
