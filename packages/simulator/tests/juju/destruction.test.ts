import { expect } from "chai";
import { array, assert, asyncProperty, constantFrom } from "fast-check";
import { type Bundle, readBundle } from "../../juju/bundle.ts";
import type { MachineView } from "../../maas/inventory.ts";
import { destroy, machine, minute } from "./asked.ts";
import { cleanUp, modelUuid, type RecordedLab, recordedLab, type Situation } from "./recorded-lab.ts";

const minutes = (count: number): number => count * minute;

/** A model that takes six minutes to die, counting down evenly. */
const slow = { reap: "6m", course: [] };

const view = (systemId: string, powerType: string, pod: string | null = null): MachineView =>
  machine(systemId, { powerType, pod, agentName: modelUuid });
const fourMachines = [
  view("s4a8ey", "ipmi"),
  view("akseqn", "ipmi"),
  view("gp7xwc", "lxd"),
  view("q8m3dt", "ipmi", "kvm"),
];

/** MAAS with four machines of the model, which answers releases with these statuses, then with 200. */
const maasAnswering = (...statuses: number[]): Situation => ({
  maas: {
    machinesOf: (agentName) => (agentName === modelUuid ? fourMachines : []),
    releaseByJuju: async () => ({ status: statuses.shift() ?? 200, text: "not released" }),
  },
});

type Shown = { life: string; status: { current: string; message?: string } };
const shown = async (lab: RecordedLab): Promise<Shown | undefined> => {
  const { stdout } = await lab.run(["models", "--format=json"], lab.newStore());
  const listed: (Shown & { "short-name": string })[] = JSON.parse(stdout).models;
  return listed.find((model) => model["short-name"] === "openstack");
};

const machinesLeft = async (lab: RecordedLab): Promise<string[]> => {
  const { stdout } = await lab.run(["machines", "-m", "openstack", "--format=json"], lab.newStore());
  return Object.keys(JSON.parse(stdout).machines ?? {});
};

/** Starts the destruction with a client that goes away after a second. */
const beginDestroying = (lab: RecordedLab): Promise<unknown> =>
  lab.run(destroy, lab.newStore(), { limit: 1000 });

describe("the destruction of a simulated model", () => {
  afterEach(cleanUp);

  it("counts machines and applications down over the model's reap and ends when it is gone", async () => {
    const lab = recordedLab({ model: slow });
    const startedAt = lab.clock.now();
    const { code, stderr } = await lab.run(destroy, lab.newStore());
    expect(code).to.equal(0);
    const counts = [...stderr.matchAll(/removed(?:, (\d+) machine\(s\))?(?:, (\d+) application\(s\))?/g)];
    const machines = counts.map(([, count]) => Number(count ?? 0));
    expect(machines.at(0)).to.equal(4);
    expect(machines.at(-1)).to.equal(0);
    expect(machines).to.deep.equal([...machines].sort((left, right) => right - left));
    expect(stderr).to.match(/^Destroying model\nWaiting[\s\S]*\.\.\.\nModel destroyed\.\n$/);
    expect(Math.max(...stderr.split("\n").map(({ length }) => length))).to.be.at.most(80);
    expect(lab.clock.now() - startedAt).to.be.within(minutes(6), minutes(6) + 4000);
  });

  it("tells of the attempts in the model's status, then of the cloud environment", async () => {
    const lab = recordedLab({ model: { ...slow, retryEvery: "30s" } });
    await beginDestroying(lab);
    expect(await shown(lab)).to.deep.include({ life: "dying" });
    expect((await shown(lab))?.status).to.deep.include({
      current: "destroying",
      message: "cleaning up cloud resources",
    });
    await lab.clock.advance(minutes(2));
    expect((await shown(lab))?.status.message).to.match(
      /^attempt 4 to destroy model failed \(will retry\): {2}model not empty, found \d machines?/,
    );
    await lab.clock.advance(minutes(2));
    expect((await shown(lab))?.status.message).to.equal("tearing down cloud environment");
    await lab.clock.advance(minutes(2));
    expect(await shown(lab)).to.equal(undefined);
  });

  it("releases all machines of the model in one call, in whatever state the model's own list is", async () => {
    const lab = recordedLab({ model: slow, ...maasAnswering() });
    await lab.run(destroy, lab.newStore());
    expect(lab.maasCalls).to.deep.equal(["release s4a8ey akseqn gp7xwc q8m3dt"]);
  });

  it("takes a conflict for released, and the model is gone all the same", async () => {
    const lab = recordedLab({ model: slow, ...maasAnswering(409) });
    expect((await lab.run(destroy, lab.newStore())).code).to.equal(0);
    expect(lab.maasCalls).to.have.length(1);
  });

  it("tries each machine by itself when MAAS forbids the bulk release, and ignores what is still forbidden", async () => {
    const lab = recordedLab({ model: slow, ...maasAnswering(403, 200, 403) });
    expect((await lab.run(destroy, lab.newStore())).code).to.equal(0);
    expect(lab.maasCalls).to.deep.equal([
      "release s4a8ey akseqn gp7xwc q8m3dt",
      "release s4a8ey",
      "release akseqn",
      "release gp7xwc",
      "release q8m3dt",
    ]);
  });

  it("is suspended for ever when a forbidden machine makes the credential invalid", async () => {
    const lab = recordedLab({ model: { ...slow, credentialGoesInvalid: true }, ...maasAnswering(403, 403) });
    await beginDestroying(lab);
    await lab.clock.advance(minutes(120));
    expect(await shown(lab)).to.deep.include({ life: "dying" });
    expect((await shown(lab))?.status.current).to.equal("suspended");
    expect((await lab.run(destroy, lab.newStore(), { limit: minutes(10) })).code).to.equal(undefined);
    // Somebody mends the credential, and destroys again.
    lab.controller.control({ op: "set-model", name: "openstack", fields: { credentialGoesInvalid: false } });
    expect((await lab.run(destroy, lab.newStore())).code).to.equal(0);
  });

  it("tries again with Juju 3.6 when MAAS fails", async () => {
    const lab = recordedLab({ model: slow, ...maasAnswering(503, 503) });
    expect((await lab.run(destroy, lab.newStore())).code).to.equal(0);
    expect(lab.maasCalls).to.have.length(3);
  });

  it("leaves the machines deployed with Juju 4.0 when MAAS fails", async () => {
    const lab = recordedLab({ controller: { version: "4.0.15" }, model: slow, ...maasAnswering(503, 503) });
    expect((await lab.run(destroy, lab.newStore())).code).to.equal(0);
    expect(lab.maasCalls).to.have.length(1);
  });

  it("leaves the machines deployed with --timeout 0", async () => {
    const lab = recordedLab({ model: slow, ...maasAnswering() });
    const { code } = await lab.run([...destroy, "--timeout", "0"], lab.newStore());
    expect({ code, calls: lab.maasCalls }).to.deep.equal({ code: 0, calls: [] });
  });

  it("releases the machines with Juju 4.0 whatever the timeout", async () => {
    const lab = recordedLab({ controller: { version: "4.0.15" }, model: slow, ...maasAnswering() });
    await lab.run([...destroy, "--timeout", "0"], lab.newStore());
    expect(lab.maasCalls).to.have.length(1);
  });

  for (const version of ["3.6.24", "4.0.12"])
    it(`deletes virtual machines from MAAS with ${version} (juju/juju#22691)`, async () => {
      const lab = recordedLab({ controller: { version }, model: slow, ...maasAnswering() });
      await lab.run(destroy, lab.newStore());
      expect(lab.maasCalls).to.deep.equal(["delete gp7xwc", "delete q8m3dt", "release s4a8ey akseqn"]);
    });

  for (const version of ["3.6.23", "3.6.25", "4.0.11", "4.0.13"])
    it(`releases virtual machines with ${version}`, async () => {
      const lab = recordedLab({ controller: { version }, model: slow, ...maasAnswering() });
      await lab.run(destroy, lab.newStore());
      expect(lab.maasCalls).to.deep.equal(["release s4a8ey akseqn gp7xwc q8m3dt"]);
    });

  it("goes by the model's agent version, not by the client's", async () => {
    const controller = { version: "3.6.28", client: "3.6.24" };
    const fixed = recordedLab({ controller, model: slow, ...maasAnswering() });
    await fixed.run(destroy, fixed.newStore());
    expect(fixed.maasCalls.join()).not.to.include("delete");
    const old = recordedLab({ model: { ...slow, version: "3.6.24" }, ...maasAnswering() });
    await old.run(destroy, old.newStore());
    expect(old.maasCalls.join()).to.include("delete");
  });

  it("goes on when the connection drops and the client ends with 0", async () => {
    const lab = recordedLab({ model: slow, faults: [{ command: "destroy-model", kind: "poll-drops" }] });
    const { code, stderr } = await lab.run(destroy, lab.newStore());
    expect(code).to.equal(0);
    expect(stderr).not.to.include("Model destroyed");
    expect(await shown(lab)).to.deep.include({ life: "dying" });
    await lab.clock.advance(minutes(6));
    expect(await shown(lab)).to.equal(undefined);
  });

  it("goes on when the client falls silent and never ends", async () => {
    const lab = recordedLab({
      model: slow,
      faults: [{ command: "destroy-model", kind: "goes-silent", after: 1 }],
    });
    const { code, stderr } = await lab.run(destroy, lab.newStore(), { limit: minutes(30) });
    expect(code).to.equal(undefined);
    expect(stderr).to.match(/^Destroying model\nWaiting.*\.\.\.$/);
    expect(await shown(lab)).to.equal(undefined);
  });

  it("leaves out of the bundle what is gone already", async () => {
    const lab = recordedLab({ generated: true, model: { ...slow, reap: "10m" } });
    await beginDestroying(lab);
    await lab.clock.advance(minutes(2));
    const { stdout } = await lab.run(["export-bundle"], lab.newStore());
    const bundle: Bundle = readBundle(stdout);
    const names = Object.keys(bundle.applications);
    expect(names.length).to.be.within(1, 24);
    for (const endpoint of bundle.relations.flat()) expect(names).to.include(endpoint.split(":")[0]);
    await lab.clock.advance(minutes(2));
    expect((await lab.run(["export-bundle"], lab.newStore())).stderr).to.include("nothing to export");
  });

  it("did not even begin when a client lies with 0", async () => {
    const lab = recordedLab({ model: slow, faults: [{ command: "destroy-model", kind: "rc0-lies" }] });
    expect((await lab.run(destroy, lab.newStore())).code).to.equal(0);
    expect(await shown(lab)).to.deep.include({ life: "alive" });
  });

  it("can be asked for again while it is under way: accepted, and waited for", async () => {
    const lab = recordedLab({ model: slow });
    await beginDestroying(lab);
    const { code, stderr } = await lab.run(destroy, lab.newStore());
    expect(code).to.equal(0);
    expect(stderr).to.match(/Model destroyed\.\n$/);
  });
});

describe("a stuck model", () => {
  afterEach(cleanUp);
  const stuckLab = async (stuck: string): Promise<RecordedLab> => {
    const lab = recordedLab({ model: { ...slow, stuck }, ...maasAnswering() });
    await beginDestroying(lab);
    await lab.clock.advance(minutes(60));
    return lab;
  };
  const removal = (...ids: string[]): string[] => [
    "remove-machine",
    "-m",
    "openstack",
    "--force",
    "--no-prompt",
    ...ids,
  ];

  it("keeps machines, releases none of them, and says what it waits for", async () => {
    const lab = await stuckLab("forever");
    expect(await machinesLeft(lab)).to.have.length(2);
    expect((await shown(lab))?.status.message).to.match(/found 2 machines \(model not empty\)$/);
    expect(lab.maasCalls).to.deep.equal([]);
  });

  it("goes when its machines are removed, and not before the last of them", async () => {
    const lab = await stuckLab("until-machines-removed");
    const [first = "", second = ""] = await machinesLeft(lab);
    await lab.run(removal(first), lab.newStore());
    await lab.clock.advance(minutes(10));
    expect(await machinesLeft(lab)).to.deep.equal([second]);
    await lab.run(removal(second), lab.newStore());
    await lab.clock.advance(minutes(1));
    expect(await shown(lab)).to.equal(undefined);
    expect(lab.maasCalls).to.have.length(1);
  });

  it("goes when it is destroyed again with --force, and not without", async () => {
    const lab = await stuckLab("until-destroyed-again");
    const gentle = ["destroy-model", "openstack", "--destroy-storage", "--no-prompt"];
    expect((await lab.run(gentle, lab.newStore(), { limit: minutes(10) })).code).to.equal(undefined);
    await lab.run(removal(...(await machinesLeft(lab))), lab.newStore());
    await lab.clock.advance(minutes(10));
    expect(await shown(lab)).to.deep.include({ life: "dying" });
    const again = await lab.run(destroy, lab.newStore(), { limit: minutes(2) });
    expect(again.code).to.equal(0);
    expect(again.stderr).to.match(/Model destroyed\.\n$/);
  });

  it("only ever shrinks, and goes after the runbook's procedure, whatever was done before", async () => {
    const steps = array(constantFrom("destroy", "remove", "wait", "gentle"), { maxLength: 5 });
    const modes = constantFrom("none", "until-machines-removed", "until-destroyed-again");
    const property = asyncProperty(modes, steps, async (stuck, before) => {
      const lab = recordedLab({ model: { ...slow, stuck }, ...maasAnswering() });
      await beginDestroying(lab);
      let left = 4;
      const look = async (): Promise<string[]> => {
        const ids = await machinesLeft(lab);
        expect(ids.length).to.be.at.most(left);
        left = ids.length;
        return ids;
      };
      for (const step of [...before, "wait", "remove", "wait", "destroy", "wait"]) {
        const ids = await look();
        if (step === "wait") await lab.clock.advance(minutes(7));
        else if (step === "remove" && ids.length > 0) await lab.run(removal(...ids), lab.newStore());
        else if (step === "destroy") await beginDestroying(lab);
        else if (step === "gentle") await lab.run(destroy.slice(0, 2), lab.newStore(), { limit: 1000 });
      }
      expect(await shown(lab)).to.equal(undefined);
      cleanUp();
    });
    await assert(property, { numRuns: 25 });
  });

  it("stays for ever when it is for ever stuck", async () => {
    const lab = await stuckLab("forever");
    await lab.run(removal(...(await machinesLeft(lab))), lab.newStore());
    expect((await lab.run(destroy, lab.newStore(), { limit: minutes(60) })).code).to.equal(undefined);
  });
});
