import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import { machine, words } from "./asked.ts";
import { cleanUp, modelUuid, recordedLab } from "./recorded-lab.ts";

const destroyOf = (model: string): string[] =>
  words(`destroy-model ${model} --force --no-wait --destroy-storage --no-prompt`);

describe("the simulated juju client", () => {
  afterEach(cleanUp);

  for (const name of [
    "openstack",
    "admin/openstack",
    "maas-lab:openstack",
    "maas-lab:admin/openstack",
    modelUuid,
    `maas-lab:${modelUuid}`,
    modelUuid.slice(0, 6),
  ])
    it(`takes ${name} for the model, in machines and in destroy-model`, async () => {
      const lab = recordedLab();
      const machines = await lab.run(["machines", "-m", name, "--format", "json"], lab.newStore());
      expect(JSON.parse(machines.stdout).model).to.equal("openstack");
      expect((await lab.run(destroyOf(name), lab.newStore())).stderr).to.match(/Model destroyed\.\n$/);
    });

  for (const name of ["openstac", "jessea123/openstack", modelUuid.slice(0, 5), modelUuid.replace("7", "8")])
    it(`does not take ${name} for the model`, async () => {
      const lab = recordedLab();
      const { code, stderr } = await lab.run(destroyOf(name), lab.newStore());
      expect(code).to.equal(1);
      expect(stderr).to.match(/^ERROR model .* not found\n$/);
    });

  it("goes by JUJU_MODEL and JUJU_CONTROLLER", async () => {
    const lab = recordedLab();
    const byModel = await lab.run(["show-model"], lab.newStore(), {
      env: { JUJU_MODEL: "maas-lab:controller" },
    });
    expect(Object.keys(parse(byModel.stdout))).to.deep.equal(["controller"]);
    const unknown = await lab.run(["models"], lab.newStore(), { env: { JUJU_CONTROLLER: "other" } });
    expect(unknown).to.deep.equal({ code: 1, stdout: "", stderr: "ERROR controller other not found\n" });
  });

  it("never takes a new model of the same name for the one with the recorded UUID", async () => {
    const lab = recordedLab();
    const store = lab.newStore();
    lab.controller.control({ op: "recreate-model", name: "openstack" });
    const { code, stderr } = await lab.run(destroyOf(modelUuid), store);
    expect({ code, stderr }).to.deep.equal({
      code: 1,
      stderr: "ERROR getting model status: model not found\n",
    });
    const listed = JSON.parse((await lab.run(words("models --format=json"), store)).stdout).models;
    expect(listed.map((model: { name: string }) => model.name)).to.deep.equal([
      "admin/controller",
      "admin/openstack",
    ]);
    expect(listed[1]["model-uuid"]).not.to.equal(modelUuid);
    expect((await lab.run(destroyOf(modelUuid), store)).stderr).to.equal(
      `ERROR model maas-lab:admin/${modelUuid} not found\n`,
    );
  });

  it("has no model any more when someone else has removed it", async () => {
    const lab = recordedLab();
    lab.controller.control({ op: "remove-model", name: "openstack" });
    const { stdout } = await lab.run(words("models --format=json"), lab.newStore());
    expect(JSON.parse(stdout).models).to.have.length(1);
  });

  it("keeps the current model in its files when that model is gone", async () => {
    const lab = recordedLab();
    const store = lab.newStore();
    await lab.run(destroyOf("openstack"), store);
    const stored = parse(readFileSync(join(store, "models.yaml"), "utf8")).controllers["maas-lab"];
    expect(stored["current-model"]).to.equal("admin/openstack");
    expect(Object.keys(stored.models)).to.deep.equal(["admin/controller"]);
  });

  it("writes a bundle to a file that nobody else may read", async () => {
    const lab = recordedLab({ generated: true });
    const store = lab.newStore();
    const { stdout } = await lab.run(words("export-bundle -m openstack --filename bundle.yaml"), store);
    expect(stdout).to.equal("Bundle successfully exported to bundle.yaml\n");
    expect(statSync(join(store, "bundle.yaml")).mode & 0o777).to.equal(0o600);
  });

  it("exports a charmed OpenStack of real size, with secrets among its options and an overlay of offers", async () => {
    const lab = recordedLab({ generated: true, model: { canary: true } });
    const { stdout } = await lab.run(["export-bundle"], lab.newStore());
    const [bundle, overlay] = parseAllDocuments(stdout).map((document) => document.toJS());
    expect(stdout).to.include("\n--- # overlay.yaml\n");
    expect(stdout.length).to.be.greaterThan(9000);
    expect(Object.keys(bundle.applications)).to.have.length(25);
    expect(bundle.applications.keystone.options["admin-password"]).to.equal("CANARY-keystone-admin-password");
    expect(stdout.match(/CANARY/g)?.length).to.be.greaterThan(5);
    expect(Object.keys(overlay.applications.keystone)).to.deep.equal(["offers"]);
    const placed = Object.values<{ to?: string[] }>(bundle.applications).flatMap(({ to = [] }) => to);
    expect([...new Set(placed.map((target) => target.replace("lxd:", "")))].sort()).to.deep.equal([
      "0",
      "1",
      "2",
      "3",
    ]);
    expect(Object.keys(bundle.machines)).to.deep.equal(["0", "1", "2", "3"]);
  });

  it("exports secrets without the word CANARY unless it is asked for", async () => {
    const lab = recordedLab({ generated: true });
    const { stdout } = await lab.run(["export-bundle"], lab.newStore());
    expect(stdout).to.match(/admin-password: [A-Za-z0-9]{10}/);
    expect(stdout).not.to.include("CANARY");
  });

  for (const [command, message] of [
    ["models --force", "option provided but not defined: --force"],
    ["status -x", "option provided but not defined: -x"],
    ["machines -m", "option needs an argument: -m"],
    ["status --format=toml", 'invalid value "toml" for option --format: unknown format "toml"'],
    ["whoami openstack", 'unrecognized args: ["openstack"]'],
    ["destroy-model openstack -y", "option provided but not defined: -y"],
    ["remove-machine --force", "no machines specified"],
    ["remove-machine --force x", 'invalid machine id "x"'],
    ["models --output file", "the simulated lab's juju models does not know --output"],
  ] as const)
    it(`refuses juju ${command}`, async () => {
      const lab = recordedLab();
      const result = await lab.run(words(command), lab.newStore());
      expect(result).to.deep.equal({ code: 2, stdout: "", stderr: `ERROR ${message}\n` });
    });

  it("says that it has no command which the real juju has", async () => {
    const lab = recordedLab();
    const { code, stderr } = await lab.run(["deploy", "ubuntu"], lab.newStore());
    expect(code).to.equal(1);
    expect(stderr).to.match(/^ERROR the simulated lab's juju has no command "deploy"/);
  });

  it("removes a machine of a living model and has the provider release it", async () => {
    const machines = ["s4a8ey", "q8m3dt"].map((systemId) => machine(systemId, { agentName: modelUuid }));
    const lab = recordedLab({ maas: { machinesOf: () => machines } });
    const store = lab.newStore();
    await lab.run(words("remove-machine -m openstack --force --no-prompt 3"), store);
    await lab.clock.advance(60_000);
    const { stdout } = await lab.run(words("machines --format=json"), store);
    expect(Object.keys(JSON.parse(stdout).machines)).to.deep.equal(["0", "1", "2"]);
    expect(lab.maasCalls).to.deep.equal(["release q8m3dt"]);
  });

  it("destroys after the model's name was typed, and not after another", async () => {
    const lab = recordedLab();
    const argv = words("destroy-model openstack --force --destroy-storage");
    const other = await lab.run(argv, lab.newStore(), { env: { SIMULATED_JUJU_STDIN: "other\n" } });
    expect(other.code).to.equal(1);
    const named = await lab.run(argv, lab.newStore(), { env: { SIMULATED_JUJU_STDIN: "openstack\n" } });
    expect(named.stderr).to.match(/Model destroyed\.\n$/);
  });
});

describe("the simulated juju client with faults", () => {
  afterEach(cleanUp);

  it("prints {} and ends with 1, once, for rc1-empty", async () => {
    const lab = recordedLab({ faults: [{ command: "models", kind: "rc1-empty" }] });
    const first = await lab.run(words("models --format=yaml"), lab.newStore());
    expect({ code: first.code, stdout: first.stdout }).to.deep.equal({ code: 1, stdout: "{}\n" });
    expect((await lab.run(words("models --format=yaml"), lab.newStore())).code).to.equal(0);
  });

  it("prints what cannot be parsed, and ends with 0, for garbage", async () => {
    const lab = recordedLab({ faults: [{ command: "models", kind: "garbage" }] });
    const { code, stdout } = await lab.run(words("models --format=json"), lab.newStore());
    expect(code).to.equal(0);
    expect(() => JSON.parse(stdout)).to.throw(SyntaxError);
  });

  it("prints nothing and never ends for hang", async () => {
    const lab = recordedLab({ faults: [{ command: "status", kind: "hang" }] });
    const result = await lab.run(words("status --format=yaml"), lab.newStore(), { limit: 3_600_000 });
    expect(result).to.deep.equal({ code: undefined, stdout: "", stderr: "" });
  });

  it("spares the commands that read local files alone", async () => {
    const lab = recordedLab({ faults: [{ command: "*", kind: "silent", times: 9 }] });
    expect((await lab.run(["whoami"], lab.newStore())).code).to.equal(0);
    expect((await lab.run(["version"], lab.newStore())).code).to.equal(0);
    expect((await lab.run(["models"], lab.newStore(), { limit: 500_000 })).code).to.equal(undefined);
  });

  it("takes faults while it runs, and forgets them when told to", async () => {
    const lab = recordedLab();
    const fault = { side: "juju", command: "models", kind: "unauthorized", times: 5 };
    expect(lab.controller.control({ op: "add-fault", fault })).to.equal(true);
    expect((await lab.run(["models"], lab.newStore())).stderr).to.match(
      /^ERROR invalid entity name or password/,
    );
    lab.controller.control({ op: "clear-faults" });
    expect((await lab.run(["models"], lab.newStore())).code).to.equal(0);
  });

  it("refuses control operations that it cannot carry out", () => {
    const { controller } = recordedLab();
    expect(() => controller.control({ op: "remove-model", name: "other" })).to.throw("has no model other");
    expect(() =>
      controller.control({ op: "set-model", name: "openstack", fields: { reap: "soon" } }),
    ).to.throw("reap");
    expect(controller.control({ op: "set-machine", hostname: "openstack0" })).to.equal(false);
  });

  it("changes a model's settings while it runs", async () => {
    const lab = recordedLab();
    lab.controller.control({
      op: "set-model",
      name: "openstack",
      fields: { disabled: ["destroy-model"], reap: "1h" },
    });
    expect((await lab.run(destroyOf("openstack"), lab.newStore())).stderr).to.include("has been blocked");
  });
});

describe("the simulated juju client 4.0", () => {
  afterEach(cleanUp);
  const controller = { version: "4.0.13" };

  it("prints neither owner nor sla", async () => {
    const lab = recordedLab({ controller });
    const store = lab.newStore();
    const models = JSON.parse((await lab.run(words("models --format=json"), store)).stdout).models;
    expect(models.map((model: object) => "owner" in model)).to.deep.equal([false, false]);
    expect(models[1]["agent-version"]).to.equal("4.0.13");
    const status = JSON.parse((await lab.run(words("status --format=json"), store)).stdout);
    expect(status.model).not.to.have.property("sla");
    expect((await lab.run(["status"], store)).stdout).not.to.include("SLA");
  });

  it("ends the line after Destroying model", async () => {
    const lab = recordedLab({ controller, model: { disabled: ["destroy-model"] } });
    const { stderr } = await lab.run(destroyOf("openstack"), lab.newStore());
    expect(stderr).to.match(/^Destroying model\nERROR cannot destroy model: the operation has been blocked/);
    const other = recordedLab({ controller });
    expect((await other.run(destroyOf("openstack"), other.newStore())).stderr).to.match(
      /^Destroying model\n\nWaiting for model to be removed, 4 machine/,
    );
  });

  it("exports no bundle, to a client of 3.6 neither", async () => {
    const text = async (client: string): Promise<string> => {
      const lab = recordedLab({ controller: { ...controller, client } });
      const { code, stdout, stderr } = await lab.run(words("export-bundle"), lab.newStore());
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      return stderr;
    };
    expect(await text("4.0.13")).to.contain("Juju 4.0 doesn't support exporting bundles (not implemented)");
    expect(await text("3.6.28")).to.contain('unknown facade type "Bundle" (not implemented)');
  });

  it("has no --include-series", async () => {
    const lab = recordedLab({ controller });
    const { code, stderr } = await lab.run(words("export-bundle --include-series"), lab.newStore());
    expect({ code, stderr }).to.deep.equal({
      code: 2,
      stderr: "ERROR option provided but not defined: --include-series\n",
    });
  });
});
