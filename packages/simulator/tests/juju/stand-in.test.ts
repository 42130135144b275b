import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { clientStore } from "../../juju/store.ts";
import { type Lab, startLab } from "../../lab.ts";
import type { ScenarioInput } from "../../scenario.ts";
import { destroy } from "./asked.ts";
import { sampleText } from "./recordings.ts";

type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };
type Running = { child: ChildProcess; ended: Promise<Ended>; stderr: () => string };

const machines = [0, 1, 2, 3].map((number) => ({ hostname: `openstack${number}`, model: "openstack" }));
/** The course of the recorded stuck model: an error, two machines, then nothing left that could be waited for. */
const stuck = {
  machines,
  models: [
    {
      name: "openstack",
      applications: 3,
      stuck: "forever",
      reap: "10m",
      course: [
        { at: 0, errors: 1 },
        { at: "4s", machines: 2, applications: 0 },
        { at: "10s", machines: 0 },
      ],
    },
  ],
};

const start = (lab: Lab, argv: readonly string[], more: Record<string, string> = {}): Running => {
  const env = { ...process.env, ...lab.env, ...more };
  const child = spawn("juju", argv, { env, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => {
    texts.stdout += data;
  });
  child.stderr.on("data", (data) => {
    texts.stderr += data;
  });
  const ended = new Promise<Ended>((done) => {
    child.on("close", (code, signal) => done({ code, signal, ...texts }));
  });
  return { child, ended, stderr: () => texts.stderr };
};

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((done) => setTimeout(done, 10));
};

/** The signals of the recording, and their numbers: a shell reports 128 more. */
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof signalNumbers;
const signals: readonly Signal[] = ["SIGHUP", "SIGINT", "SIGTERM"];
const asSignal = (text: string | null): Signal | undefined => signals.find((signal) => signal === text);

/** Dots are polls: how many there are depends on when the recording was cut off. */
const withoutDots = (text: string): string => text.replace(/\.{3,}(\n\.+)*/g, "...");

/** What a signal did to the real client, from the recording. */
const recordedSignals = (): { signal: string; code: number; stderr: string; models: number }[] =>
  sampleText("cli-3.6.28/stuck-signals.txt")
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [, signal = "", code = ""] = /signal (SIG\w+) .*rc=(\d+)/.exec(section) ?? [];
      const [, rest = ""] = section.split("--stderr\n");
      const [stderr = "", models = ""] = rest.split("\nmodels.yaml after:\n");
      return { signal, code: Number(code), stderr, models: Number(models.trim()) };
    });

describe("the stand-in for the juju client", () => {
  let lab: Lab | undefined;
  let dir = "";
  const startWith = async (scenario: ScenarioInput, speed: number): Promise<Lab> => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
    lab = await startLab({ scenario, speed, dir });
    return lab;
  };
  afterEach(async () => {
    await lab?.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const storedModels = (of: Lab): string[] =>
    Object.keys(clientStore(of.env.JUJU_DATA ?? "").models("maas-lab"));

  it("prints what the lab answers and ends with its exit code", async () => {
    const running = await startWith({}, 1000);
    const { code, stdout, stderr } = await start(running, ["whoami", "--format=json"]).ended;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).to.deep.equal({ controller: "maas-lab", model: "openstack", user: "admin" });
  });

  it("waits until the model is gone, and Juju has released the machines by then", async () => {
    const running = await startWith({}, 600);
    const { code, stdout, stderr } = await start(running, destroy).ended;
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "" });
    const lines = stderr.split("\n");
    expect(lines[0]).to.equal("Destroying model");
    expect(lines[1]).to.match(
      /^Waiting for model to be removed, \d machine\(s\), \d+ application\(s\)\.\.\./,
    );
    expect(lines.at(-2)).to.equal("Model destroyed.");
    const states = running.state().machines.map(({ status, agentName }) => ({ status, agentName }));
    expect(states).to.deep.equal(states.map(() => ({ status: "Ready", agentName: "" })));
    expect(storedModels(running)).to.deep.equal(["admin/controller"]);
  });

  for (const { signal, code, stderr, models } of recordedSignals())
    it(`ends on ${signal} as the recorded client did, and the model stays (cli-3.6.28/stuck-signals.txt)`, async () => {
      const running = await startWith(stuck, 100);
      // The recording sent the first signal to a fresh destruction and the others to one that was under way.
      const again = !stderr.includes("machine(s)");
      if (again) {
        const first = start(running, destroy);
        await until(() => /removed\.{4}/.test(first.stderr()));
        first.child.kill("SIGKILL");
        await first.ended;
      }
      const run = start(running, destroy);
      await until(() => /removed\.{6}/.test(run.stderr()));
      run.child.kill(asSignal(signal) ?? "SIGKILL");
      const ended = await run.ended;
      const killedBy = asSignal(ended.signal);
      const shell = killedBy ? 128 + signalNumbers[killedBy] : ended.code;
      const actual = { code: shell, stdout: ended.stdout, stderr: withoutDots(ended.stderr).trimEnd() };
      expect(actual).to.deep.equal({ code, stdout: "", stderr: withoutDots(stderr).trimEnd() });
      expect(storedModels(running)).to.have.length(models);
    });

  it("lists what is left when it is interrupted early", async () => {
    const running = await startWith(
      {
        machines,
        models: [{ name: "openstack", applications: 3, reap: "10m", course: [{ at: "9m", machines: 1 }] }],
      },
      10,
    );
    const run = start(running, destroy);
    await until(() => run.stderr().includes("application(s)"));
    run.child.kill("SIGINT");
    const { code, stderr } = await run.ended;
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /\n\ndestroy model is still running in the background\.\.\.\nThe following resources have not yet been removed:\n - 4 machine\(s\)\n - 3 application\(s\)\n$/,
    );
  });

  it("waits on stdin when the login has expired, until that is closed", async () => {
    const faults = [{ side: "juju", command: "models", kind: "login-expired" }];
    const running = await startWith({ faults }, 100);
    const env = { ...process.env, ...running.env };
    const child = spawn("juju", ["models", "--format=json"], { env, stdio: ["pipe", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    await until(() => stderr !== "");
    await new Promise((done) => setTimeout(done, 300));
    expect([child.exitCode, stderr]).to.deep.equal([null, "please enter password for admin on maas-lab: "]);
    child.stdin.end();
    expect(await new Promise((done) => child.on("close", done))).to.equal(1);
    expect(stderr).to.contain("\nERROR invalid entity name or password (unauthorized access)\n");
  });

  it("leaves the destruction to the controller when it is killed", async () => {
    const running = await startWith(
      { machines, models: [{ name: "openstack", applications: 3, reap: "2m" }] },
      200,
    );
    const run = start(running, destroy);
    await until(() => run.stderr().includes("Waiting"));
    run.child.kill("SIGKILL");
    expect((await run.ended).signal).to.equal("SIGKILL");
    const names = async (): Promise<string[]> => {
      const { stdout } = await start(running, ["models", "--format=json"]).ended;
      return JSON.parse(stdout).models.map(({ name }: { name: string }) => name);
    };
    while ((await names()).includes("admin/openstack"));
    expect(await names()).to.deep.equal(["admin/controller"]);
  });

  it("is silent while the lab cannot be reached, and then says what the real one says", async () => {
    const running = await startWith({}, 1000);
    await running.stop();
    const limit = { SIMULATED_JUJU_DIAL_TIMEOUT: "300" };
    const reads = await start(running, ["models", "--format=yaml"], limit).ended;
    const { host } = new URL(running.url);
    expect(reads).to.deep.equal({
      code: 1,
      signal: null,
      stdout: "{}\n",
      stderr: `ERROR unable to connect to API: dial tcp ${host}: connect: connection refused\n`,
    });
    const local = await start(running, ["whoami", "--format=json"], limit).ended;
    expect({ code: local.code, user: JSON.parse(local.stdout).user }).to.deep.equal({
      code: 0,
      user: "admin",
    });
  });

  it("takes a lost controller for success while it waits, as the real one does", async () => {
    const running = await startWith(stuck, 100);
    const run = start(running, destroy);
    await until(() => run.stderr().includes("Waiting"));
    await running.stop();
    const { code, stderr } = await run.ended;
    expect(code).to.equal(0);
    expect(stderr).to.match(/Unable to get the model status from the API: connection is shut down\.\n$/);
  });

  it("ends as of SIGPIPE, without a stack trace, when its reader is gone", async () => {
    const running = await startWith({ models: [{ name: "openstack", applications: 2000 }] }, 1000);
    const run = start(running, ["export-bundle"]);
    run.child.stdout?.once("data", () => run.child.stdout?.destroy());
    const { code, stderr } = await run.ended;
    expect({ code, stderr }).to.deep.equal({ code: 141, stderr: "" });
  });
});
