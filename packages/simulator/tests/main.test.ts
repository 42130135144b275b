import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";

const main = join(import.meta.dirname, "..", "main.ts");

type Started = { url: string; dir: string; apiKey: string; pid: number; env: Record<string, string> };

/** A running simulator: what it said first, and how it ended. */
type Simulator = {
  pid: number | undefined;
  said: Promise<string>;
  kill: (signal: NodeJS.Signals) => void;
  ended: Promise<{ exitCode: number | undefined; stderr: string }>;
};

const isAlive = (pid = 0): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("node packages/simulator/main.ts", () => {
  let dir: string;
  const running: Simulator[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
  });
  afterEach(async () => {
    for (const { kill, ended } of running.splice(0)) {
      kill("SIGKILL");
      await ended;
    }
    rmSync(dir, { recursive: true });
  });

  const launch = (...options: string[]): Simulator => {
    const child = execa(process.execPath, [main, "--dir", dir, ...options], { reject: false });
    const simulator: Simulator = {
      pid: child.pid,
      said: new Promise((resolve) => child.stdout?.once("data", (data: Buffer) => resolve(data.toString()))),
      kill: (signal) => child.kill(signal),
      ended: child.then(({ exitCode, stderr }) => ({ exitCode, stderr })),
    };
    running.push(simulator);
    return simulator;
  };
  const start = async (...options: string[]): Promise<{ simulator: Simulator; started: Started }> => {
    const simulator = launch("--json", ...options);
    return { simulator, started: JSON.parse(await simulator.said) };
  };

  it("says in one line of JSON where it is, and stops on SIGTERM", async () => {
    const { simulator, started } = await start("--maas", "3.4", "--machines", "3");
    expect(started.pid).to.equal(simulator.pid);
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
    simulator.kill("SIGTERM");
    expect((await simulator.ended).exitCode).to.equal(0);
  });

  it("stops when the process that it belongs to is gone", async () => {
    const parent = execa("sleep", ["60"], { reject: false });
    const { simulator } = await start("--parent-pid", `${parent.pid}`);
    await sleep(700);
    expect(isAlive(simulator.pid)).to.equal(true);
    parent.kill();
    await parent;
    expect((await simulator.ended).exitCode).to.equal(0);
  });

  it("plays a scenario file", async () => {
    const file = join(dir, "scenario.yaml");
    writeFileSync(file, "models: []\nmachines:\n  - { hostname: only, status: Broken }\n");
    const { started } = await start("--scenario", file);
    const state = await (await fetch(`${started.url}/simulator/state`)).json();
    expect(state).to.have.nested.property("machines[0].status", "Broken");
  });

  it("greets a human with what to source", async () => {
    expect(await launch().said).to.contain(`. ${dir}/env.sh`);
  });

  it("refuses what it does not understand in one line", async () => {
    expect(await launch("--speed", "fast").ended).to.deep.equal({
      exitCode: 1,
      stderr: "--speed must be a number, found fast.",
    });
  });
});
