import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { stringify } from "yaml";
import type { AffectedMachine } from "../../teardown/preview.ts";
import { json, type MaasServer, maasServer } from "../teardown/clients/support/maas-server.ts";
import { modelUuid, recordedLab, settingsWith } from "../teardown/support/fakes.ts";

type Request = {
  getType: () => string;
  getName: () => string;
  getParent: () => string;
  getProtect: () => boolean;
  getDependenciesList: () => string[];
  getObject: () => { toJavaScript: () => Record<string, unknown> };
};
type Registered = {
  type: string;
  name: string;
  parent: string;
  protect: boolean;
  dependsOn: string[];
  inputs: Record<string, unknown>;
};
const nameIn = (urn: string) => urn.split("::").at(-1) ?? "";

// The mocks do not tell parents and dependencies; the monitor behind them is told everything.
const { MockMonitor } = createRequire(import.meta.url)("@pulumi/pulumi/runtime/mocks.js") as {
  MockMonitor: {
    prototype: { registerResource: (this: unknown, request: Request, ...rest: unknown[]) => unknown };
  };
};
const whatIsRegistered = async (work: () => Promise<unknown>): Promise<Registered[]> => {
  const registered: Registered[] = [];
  const original = MockMonitor.prototype.registerResource;
  MockMonitor.prototype.registerResource = function (request, ...rest) {
    registered.push({
      type: request.getType(),
      name: request.getName(),
      parent: nameIn(request.getParent()),
      protect: request.getProtect(),
      dependsOn: request.getDependenciesList().map(nameIn).sort(),
      inputs: request.getObject().toJavaScript(),
    });
    return original.call(this, request, ...rest);
  };
  try {
    await work();
    return registered;
  } finally {
    MockMonitor.prototype.registerResource = original;
  }
};
const valueIn = <Value>(of: pulumi.Output<Value>): Promise<Value> =>
  new Promise((resolve) => void of.apply(resolve));

const machineJson = (hostname: string, system_id: string) => ({
  hostname,
  system_id,
  status: 6,
  locked: false,
  owner: "admin",
  owner_data: { "juju-model-uuid": modelUuid },
});
const modelJson = {
  name: "admin/openstack",
  "model-uuid": modelUuid,
  "controller-uuid": "c",
  "controller-name": "maas-lab",
  "is-controller": false,
  life: "alive",
};

describe("the lab as Pulumi sees it", () => {
  const path = process.env.PATH;
  let folder = "";
  let maas: MaasServer;
  let registered: Registered[] = [];
  let affected: AffectedMachine[] = [];
  const find = (name: string): Registered => {
    const found = registered.find((each) => each.name === name);
    if (!found) throw new Error(`${name} was not registered`);
    return found;
  };
  const make = async (settings: Record<string, unknown> = {}) => {
    const { Lab } = await import("../../components/lab.ts");
    const all = { maasProfile: "", maasApiUrl: maas.url, maasApiKey: "a:b:c", ...settings };
    return await whatIsRegistered(async () => {
      const lab = new Lab("lab", settingsWith(all));
      affected = await valueIn(lab.affected);
      await pulumi.runtime.disconnect();
    });
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "lab-mocks-"));
    writeFileSync(join(folder, "models"), stringify({ models: [modelJson] }));
    writeFileSync(
      join(folder, "status"),
      stringify({ model: { name: "openstack" }, applications: {}, machines: {} }),
    );
    writeFileSync(join(folder, "juju"), '#!/bin/sh\ncat "$(dirname "$0")/$1"\n');
    chmodSync(join(folder, "juju"), 0o755);
    process.env.PATH = `${folder}${delimiter}${path}`;
    maas = await maasServer(({ path }, response) => {
      if (path.includes("/machines/"))
        return json(response, [machineJson("openstack0", "aaa000"), machineJson("openstack1", "bbb111")]);
      if (path.includes("/version/"))
        return json(response, { version: "3.6.5", subversion: "", capabilities: [] });
      if (path.includes("/vm-hosts/")) return json(response, []);
      json(response, { username: "admin", is_superuser: true });
    });
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => ({
          id: `${name}-id`,
          state: type.endsWith(":ExitCriteria") ? { ...inputs, record: recordedLab() } : inputs,
        }),
        call: () => ({}),
      },
      "openstack-lab",
      "unit",
    );
    registered = await make();
  });
  after(async () => {
    process.env.PATH = path;
    await maas.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is these resources, by the types that stacks know them by for ever", () => {
    expect(registered.map(({ type, name }) => `${type} ${name}`).sort()).to.deep.equal([
      "command:local:Command backup",
      "lab:index:Lab lab",
      "pulumi-nodejs:dynamic/lab:ExitCriteria exit-criteria",
      "pulumi-nodejs:dynamic/lab:JujuModel openstack",
      "pulumi-nodejs:dynamic/lab:JujuReaping reaping",
      "pulumi-nodejs:dynamic/lab:MaasMachine openstack0",
      "pulumi-nodejs:dynamic/lab:MaasMachine openstack1",
      "pulumi-nodejs:dynamic/lab:Preflight preflight",
    ]);
  });

  it("is deleted in the teardown's order: preflight, backup, model, its reaping beside the machines, exit criteria", () => {
    const order = Object.fromEntries(registered.map(({ name, dependsOn }) => [name, dependsOn]));
    expect(order).to.deep.equal({
      lab: [],
      "exit-criteria": [],
      reaping: ["exit-criteria"],
      openstack0: ["exit-criteria"],
      openstack1: ["exit-criteria"],
      openstack: ["exit-criteria", "openstack0", "openstack1", "reaping"],
      backup: ["exit-criteria", "openstack"],
      preflight: ["backup", "exit-criteria"],
    });
  });

  it("is one component with all others in it", () => {
    for (const { name, parent } of registered) expect(parent, name).to.equal(name === "lab" ? "" : "lab");
  });

  it("loads each provider's code at run time: the state keeps one function that does", () => {
    const components: [string, string][] = [
      ["preflight", "preflight"],
      ["openstack", "juju-model"],
      ["reaping", "juju-reaping"],
      ["openstack0", "maas-machine"],
      ["exit-criteria", "exit-criteria"],
    ];
    for (const [name, component] of components) {
      const text = String(find(name).inputs.__provider);
      expect(text.match(/__provider = \{.*\};/g), name).to.deep.equal(["__provider = {configure: __f1};"]);
      expect(text.match(/\brequire\(/g), name).to.have.length(1);
      expect(text, name).to.include(`file: "${component}"`).and.to.not.include(process.cwd());
    }
  });

  it("keeps nothing but a stub in the state, which becomes what today's code is", async () => {
    const late = join(folder, "node_modules", "openstack-lab");
    mkdirSync(late, { recursive: true });
    writeFileSync(
      join(late, "late.js"),
      "module.exports = (file) => ({ configure: async () => {}, delete: async () => file });",
    );
    const stub = { exports: {} as { handler?: () => pulumi.dynamic.ResourceProvider } };
    const text = String(find("openstack0").inputs.__provider);
    new Function("exports", "require", text)(stub.exports, createRequire(import.meta.url));
    const provider = stub.exports.handler?.();
    const back = process.cwd();
    process.chdir(folder);
    try {
      await provider?.configure?.({ config: { get: () => undefined, require: () => "" } });
    } finally {
      process.chdir(back);
    }
    expect(await provider?.delete?.("id", {})).to.equal("maas-machine");
  });

  it("tells each resource its URN, and the record", () => {
    for (const { type, name, inputs } of registered) {
      if (!type.startsWith("pulumi-nodejs:dynamic/")) continue;
      expect(inputs.row, name).to.match(
        new RegExp(
          `^urn:pulumi:unit::openstack-lab::(.*\\$)?lab:index:Lab\\$${type.replace("/", "\\/")}::${name}$`,
        ),
      );
      expect(inputs.record, name).to.deep.equal(name === "exit-criteria" ? undefined : recordedLab());
    }
  });

  it("captures by a command that says in the preview what it does", () => {
    const text = String(find("backup").inputs.delete);
    const lines = text.split("\n");
    expect(lines.slice(0, 5)).to.deep.equal([
      "# into ~/backups/pre-caracal-destroy-<UTC>/, verified before anything is destroyed:",
      "# juju export-bundle -m maas-lab:admin/openstack > bundle-pre-destroy.yaml",
      "#   (Juju 4.0 has none: composed of juju status, config, constraints, show-application, offers and storage)",
      "# juju status -m maas-lab:admin/openstack --format=yaml > juju-status-pre-destroy.yaml",
      "# juju models -c maas-lab --format=yaml > juju-models-pre-destroy.yaml",
    ]);
    expect(lines).to.have.length(6);
    expect(lines[5]).to.match(/^exec node -e .*\("capture"\)\.run\(\)' 'openstack-lab' 'unit'$/);
    expect(text.length).to.be.lessThan(1_000);
    expect(find("backup").inputs).to.not.have.any.keys("create", "update", "environment", "stdin");
    expect(find("backup").inputs.addPreviousOutputInEnv).to.equal(false);
  });

  it("puts little into the state, and no secret", () => {
    for (const { name, inputs } of registered) {
      const text = JSON.stringify({ ...inputs, record: "the same in each" });
      expect(text.length, name).to.be.lessThan(1_200);
      expect(text, name).to.not.include("a:b:c");
      expect(text, name).to.not.include(maas.url);
    }
  });

  it("shows what a destroy affects", () => {
    expect(affected.map(({ hostname, onDestroy }) => [hostname, onDestroy])).to.deep.equal([
      ["openstack0", "release"],
      ["openstack1", "release"],
    ]);
  });

  it("protects none or all of it, preflight and backup too", async () => {
    expect(registered.filter(({ protect }) => protect)).to.deep.equal([]);
    const all = await make({ protect: true });
    expect(all).to.have.length(8);
    for (const { name, protect } of all) expect(protect, name).to.equal(true);
  });
});
