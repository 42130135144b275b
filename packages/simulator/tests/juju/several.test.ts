import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { type Lab, startLab } from "../../lab.ts";

/** Two models on the lab's controller, and a model of the same name on another controller of the same name. */
const scenario = {
  models: [
    { name: "openstack", applications: 2, reap: "10s" },
    { name: "other", applications: 1 },
  ],
  otherControllers: [{ store: "elsewhere", models: [{ name: "openstack", applications: 1, reap: "10s" }] }],
  machines: [
    { hostname: "openstack0", model: "openstack", release: "1s" },
    { hostname: "other0", model: "other", release: "1s" },
    { hostname: "elsewhere0", model: "openstack", controller: "elsewhere", release: "1s" },
  ],
};

describe("Several models and controllers in a simulated lab", () => {
  let lab: Lab;
  let dir: string;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
    lab = await startLab({ dir, scenario, speed: 20 });
  });
  after(async () => {
    await lab.stop();
    rmSync(dir, { recursive: true });
  });

  const juju = (argv: string, store?: string) =>
    execa("juju", argv.split(" "), {
      env: { ...lab.env, ...(store ? { JUJU_DATA: lab.stores[store] } : {}) },
      reject: false,
      stdin: "ignore",
    });
  const models = async (store?: string) =>
    JSON.parse((await juju("models --format=json", store)).stdout).models;
  const statusOf = (hostname: string) =>
    lab.state().machines.find((machine) => machine.hostname === hostname)?.status;

  it("keeps models and controllers of one name apart by their UUIDs", async () => {
    const [own, other] = [await models(), await models("elsewhere")];
    const names = (list: { name: string }[]) => list.map(({ name }) => name);
    expect(names(own)).to.deep.equal(["admin/controller", "admin/openstack", "admin/other"]);
    expect(names(other)).to.deep.equal(["admin/controller", "admin/openstack"]);
    for (const key of ["controller-uuid", "model-uuid"]) expect(own[1][key]).not.to.equal(other[1][key]);
    expect(own[0]["model-uuid"]).not.to.equal(other[0]["model-uuid"]);
    expect([own[1], other[1]].map((model) => model["controller-name"])).to.deep.equal([
      "maas-lab",
      "maas-lab",
    ]);
    const data = lab.state().machines.map(({ ownerData }) => ownerData["juju-controller-uuid"]);
    expect(data).to.deep.equal([own, own, other].map(([first]) => first["controller-uuid"]));
  });

  it("destroys a model of the other controller, and control operations reach it", async () => {
    await lab.control({
      op: "set-model",
      controller: "elsewhere",
      name: "openstack",
      fields: { reap: "5s" },
    });
    const { stderr } = await juju(
      "destroy-model openstack --force --no-prompt --destroy-storage",
      "elsewhere",
    );
    expect(stderr).to.match(/Model destroyed\.$/);
    expect(await models("elsewhere")).to.have.length(1);
    expect(await models()).to.have.length(3);
    expect(["openstack0", "other0"].map(statusOf)).to.deep.equal(["Deployed", "Deployed"]);
    expect(statusOf("elsewhere0")).to.be.oneOf(["Releasing", "Ready"]);
  });

  it("destroys one model of the controller, and leaves the other one", async () => {
    await juju("destroy-model openstack --force --no-prompt --destroy-storage");
    expect(await models()).to.have.length(2);
    expect(statusOf("other0")).to.equal("Deployed");
    expect(statusOf("openstack0")).to.be.oneOf(["Releasing", "Ready"]);
  });

  it("refuses a controller that the scenario does not have", async () => {
    const wrong = startLab({
      dir: join(dir, "wrong"),
      scenario: { machines: [{ hostname: "one", controller: "nowhere" }] },
    });
    expect(await wrong.catch(({ message }) => message)).to.contain(
      "no other controller with the store nowhere",
    );
    const refused = lab.control({ op: "remove-model", controller: "nowhere", name: "openstack" });
    expect(await refused.catch(({ message }) => message)).to.contain("no other controller nowhere");
  });
});
