import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { type Lab, startLab } from "../../lab.ts";
import type { ScenarioInput } from "../../scenario.ts";
import { destroy } from "./asked.ts";

const model = { name: "openstack", applications: 3, reap: "1m" };
const machine = (
  number: number,
  more: Record<string, unknown> = {},
): { hostname: string } & Record<string, unknown> => ({
  hostname: `openstack${number}`,
  model: "openstack",
  release: "10s",
  ...more,
});

describe("the simulated controller and the simulated MAAS together", () => {
  let lab: Lab | undefined;
  let dir = "";
  const start = async (scenario: ScenarioInput): Promise<Lab> => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
    lab = await startLab({ scenario, speed: 400, dir });
    return lab;
  };
  afterEach(async () => {
    await lab?.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const juju = async (
    { env }: Lab,
    argv: readonly string[],
  ): Promise<{ code: number | undefined; stdout: string }> => {
    const { exitCode, stdout } = await execa("juju", argv, { env, reject: false, stdin: "ignore" });
    return { code: exitCode, stdout };
  };
  const hostnames = ({ state }: Lab): string[] => state().machines.map(({ hostname }) => hostname);

  it("lists in juju the machines that MAAS has for the model", async () => {
    const running = await start({});
    const { stdout } = await juju(running, ["machines", "-m", "openstack", "--format=json"]);
    const listed = Object.values<{ "instance-id": string }>(JSON.parse(stdout).machines);
    const inMaas = running.state().machines.map(({ systemId }) => systemId);
    expect(listed.map((entry) => entry["instance-id"])).to.deep.equal(inMaas);
    const { stdout: models } = await juju(running, ["models", "--format=json"]);
    const uuid = JSON.parse(models).models[1]["model-uuid"];
    expect(running.state().machines.map(({ agentName }) => agentName)).to.deep.equal(inMaas.map(() => uuid));
  });

  it("loses the virtual machines with the agent of juju/juju#22691", async () => {
    const running = await start({
      controller: { version: "3.6.24" },
      models: [model],
      machines: [machine(0), machine(1, { powerType: "lxd", pod: "kvm" })],
    });
    expect((await juju(running, destroy)).code).to.equal(0);
    expect(hostnames(running)).to.deep.equal(["openstack0"]);
    const deletions = running.calls().filter(({ what }) => what.startsWith("DELETE "));
    expect(deletions).to.have.length(1);
  });

  it("leaves a locked machine deployed, and its siblings go singly", async () => {
    const running = await start({ models: [model], machines: [machine(0, { locked: true }), machine(1)] });
    expect((await juju(running, destroy)).code).to.equal(0);
    const statuses = running.state().machines.map(({ status }) => status);
    expect(statuses[0]).to.equal("Deployed");
    expect(["Releasing", "Ready"]).to.include(statuses[1]);
  });

  it("has a suspended model when the locked machine makes the credential invalid", async () => {
    const running = await start({
      models: [{ ...model, credentialGoesInvalid: true }],
      machines: [machine(0, { locked: true }), machine(1)],
    });
    void execa("juju", destroy, { env: running.env, reject: false, stdin: "ignore", timeout: 20_000 });
    const status = async (): Promise<string> => {
      const { stdout } = await juju(running, ["models", "--format=json"]);
      return JSON.parse(stdout).models[1].status.current;
    };
    while ((await status()) !== "suspended");
    expect(running.state().machines[0]?.status).to.equal("Deployed");
  });

  it("does not touch the machines that were released meanwhile and belong to someone else now", async () => {
    const running = await start({ models: [model], machines: [machine(0), machine(1)] });
    await running.control({
      op: "set-machine",
      hostname: "openstack1",
      fields: { agentName: "", owner: "alice" },
    });
    expect((await juju(running, destroy)).code).to.equal(0);
    expect(running.state().machines.map(({ owner }) => owner)).to.deep.equal([null, "alice"]);
  });

  it("logs each run of juju with its arguments, its exit code, and when it began and ended", async () => {
    const running = await start({});
    await juju(running, ["models", "-c", "nosuch"]);
    const [call] = running.calls().filter(({ side }) => side === "juju-cli");
    expect(call).to.deep.include({ what: "juju models -c nosuch", answer: "rc 1" });
    expect(Date.parse(call?.at ?? "")).to.be.at.least(Date.parse(call?.startedAt ?? ""));
  });
});
