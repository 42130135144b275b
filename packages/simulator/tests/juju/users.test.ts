import { expect } from "chai";
import { destroy, minute, words } from "./asked.ts";
import { cleanUp, modelUuid, type RecordedLab, recordedLab } from "./recorded-lab.ts";

const listed = async (lab: RecordedLab, command = "models", store = lab.newStore()) => {
  const { stdout } = await lab.run([...words(command), "--format=json"], store);
  const { models } = JSON.parse(stdout);
  return models?.map(({ name, access }: { name: string; access: string }) => `${name} ${access}`.trim());
};

const account = (user: string): Record<string, unknown> => ({
  "accounts.yaml": { controllers: { "maas-lab": { user, password: "simulated" } } },
});

/** The model's name must be qualified by those who do not own it. */
const destroyByName = destroy.map((word) => word.replace(/^openstack$/, "admin/openstack"));

describe("What a user of the simulated controller may see and destroy", () => {
  afterEach(cleanUp);

  it("shows a second superuser the controller's own model only with --all", async () => {
    const lab = recordedLab({ controller: { user: "bob", bootstrappedBy: "admin" }, store: account("bob") });
    expect(await listed(lab)).to.deep.equal(["admin/openstack admin"]);
    expect(await listed(lab, "models --all")).to.deep.equal(["admin/controller", "admin/openstack admin"]);
    expect((await lab.run(destroyByName, lab.newStore())).stderr).to.match(/Model destroyed\.\n$/);
  });

  it("lets a superuser destroy a model without a grant on it, which is not listed", async () => {
    const lab = recordedLab({ model: { access: "none" } });
    expect(await listed(lab)).to.deep.equal(["admin/controller admin"]);
    expect((await lab.run(destroyByName, lab.newStore())).stderr).to.match(/Model destroyed\.\n$/);
  });

  it("shows a model's admin neither the controller's model nor others, with --all too", async () => {
    const lab = recordedLab({
      controller: { user: "bob", access: "login", bootstrappedBy: "admin" },
      otherModels: [{ name: "other", uuid: "99999999-1111-4111-8111-0000000000aa", access: "none" }],
      store: account("bob"),
    });
    expect(await listed(lab)).to.deep.equal(["admin/openstack admin"]);
    expect(await listed(lab, "models --all")).to.deep.equal(["admin/openstack admin"]);
    const others = await lab.run(words("models --user admin"), lab.newStore());
    expect([others.code, others.stderr]).to.deep.equal([
      1,
      "ERROR permission denied (unauthorized access)\n",
    ]);
    expect((await lab.run(destroyByName, lab.newStore())).stderr).to.match(/Model destroyed\.\n$/);
  });

  it("tells several users apart by their accounts", async () => {
    const lab = recordedLab({
      controller: { users: { carol: "superuser", dave: "login" } },
      model: { users: { dave: "read" } },
    });
    const seenBy = (user: string): string => lab.newStore(account(user));
    expect(await listed(lab, "models", seenBy("carol"))).to.deep.equal([]);
    expect(await listed(lab, "models --all", seenBy("carol"))).to.have.length(2);
    expect(await listed(lab, "models --user dave", seenBy("carol"))).to.deep.equal(["admin/openstack read"]);
    expect(await listed(lab, "models", seenBy("dave"))).to.deep.equal(["admin/openstack read"]);
    const denied = await lab.run(destroyByName, seenBy("dave"));
    expect(denied.stderr).to.contain("ERROR cannot destroy model: permission denied");
    const unseen = await lab.run(
      [...words(`destroy-model ${modelUuid} --force --no-prompt --destroy-storage`)],
      seenBy("eve"),
    );
    expect(unseen.stderr).to.equal("ERROR getting model status: permission denied\n");
    for (const [command, text] of [
      ["show-model openstack", "permission denied"],
      ["status -m admin/openstack", "permission denied (unauthorized access)"],
    ] as const) {
      const { code, stderr } = await lab.run(
        words(command.replace(" openstack", " admin/openstack")),
        seenBy("eve"),
      );
      expect([code, stderr]).to.deep.equal([1, `ERROR ${text}\n`]);
    }
  });

  it("disables commands and enables them again, with the operator's text", async () => {
    const lab = recordedLab();
    const run = async (command: string) => {
      const { code, stdout, stderr } = await lab.run(words(command), lab.newStore());
      return [code, stdout, stderr];
    };
    expect(await run("disabled-commands --format=json")).to.deep.equal([0, "[]\n", ""]);
    expect(await run("disabled-commands")).to.deep.equal([0, "", "No commands are currently disabled.\n"]);
    expect(await run("disable-command destroy-model ask the lab's owner first")).to.deep.equal([0, "", ""]);
    expect(await run("disabled-commands --format=yaml")).to.deep.equal([
      0,
      "- command-set: destroy-model\n  message: ask the lab's owner first\n",
      "",
    ]);
    expect((await run("disabled-commands"))[1]).to.match(
      /^Disabled commands +Message\ndestroy-model +ask the/,
    );
    const [code, , stderr] = await run(destroy.join(" "));
    expect(code).to.equal(1);
    expect(stderr).to.contain(
      "ERROR cannot destroy model: ask the lab's owner first\n\ndestroy-model operation",
    );
    expect(await run("enable-command destroy-model")).to.deep.equal([0, "", ""]);
    expect((await run(destroy.join(" ")))[2]).to.match(/Model destroyed\.\n$/);
  });

  for (const [command, message] of [
    ["disable-command", "missing command set (all, destroy-model, remove-object)"],
    ["enable-command nothing", "bad command set, valid options: all, destroy-model, remove-object"],
  ] as const)
    it(`refuses juju ${command}`, async () => {
      const lab = recordedLab();
      const { code, stderr } = await lab.run(words(command), lab.newStore());
      expect([code, stderr]).to.deep.equal([2, `ERROR ${message}\n`]);
    });
});

describe("States of a simulated model that a client must notice", () => {
  afterEach(cleanUp);
  const juju4 = { version: "4.0.14", client: "4.0.14" };
  const statusOf = async (lab: RecordedLab, command: string) => {
    const { stdout } = await lab.run([...words(command), "--format=json"], lab.newStore());
    const answer = JSON.parse(stdout);
    return answer.models?.at(-1).status ?? answer.model["model-status"];
  };

  it("a suspended model of 3.6 never dies, until its credential is valid again; one of 4.0 does", async () => {
    const old = recordedLab({ model: { suspended: true, reap: "10m" } });
    expect(await statusOf(old, "models")).to.include({ current: "suspended" });
    await old.run(destroy, old.newStore(), { limit: 60 * minute });
    expect(await statusOf(old, "models")).to.include({ current: "suspended" });
    old.controller.control({ op: "set-model", name: "openstack", fields: { suspended: false } });
    expect((await old.run(destroy, old.newStore())).stderr).to.match(/Model destroyed\.\n$/);
    const modern = recordedLab({ controller: juju4, model: { suspended: true } });
    const { stdout } = await modern.run(words("models --format=json"), modern.newStore());
    expect(JSON.parse(stdout).models[1]).not.to.have.property("credential");
    expect((await modern.run(destroy, modern.newStore())).stderr).to.match(/Model destroyed\.\n$/);
  });

  it("a migration under way is told, and the model is not destroyed", async () => {
    const old = recordedLab({ model: { migrating: "validating" } });
    expect(await statusOf(old, "models")).to.include({ current: "available", migration: "validating" });
    expect(await statusOf(old, "status")).to.include({ current: "busy", message: "migrating: validating" });
    const { code, stderr } = await old.run(destroy, old.newStore());
    expect([code, stderr.includes("model migration in progress")]).to.deep.equal([1, true]);
    const modern = recordedLab({ controller: juju4, model: { migrating: "validating" } });
    expect(await statusOf(modern, "models")).to.include({ current: "busy" });
  });

  it("a machine that was added by hand keeps a model of 3.6 until it is removed", async () => {
    const lab = recordedLab({
      generated: true,
      model: { manual: ["192.0.2.9"], pending: 1, reap: "10m", course: [] },
    });
    const { stdout } = await lab.run(words("machines --format=json"), lab.newStore());
    const { machines } = JSON.parse(stdout);
    expect(machines["4"]).to.include({ "instance-id": "pending" });
    expect(machines["5"]).to.include({ "instance-id": "manual:192.0.2.9", "dns-name": "192.0.2.9" });
    await lab.run(destroy, lab.newStore(), { limit: 60 * minute });
    const left = await lab.run(words("machines --format=json"), lab.newStore());
    expect(Object.keys(JSON.parse(left.stdout).machines)).to.deep.equal(["5"]);
    await lab.run(words("remove-machine 5 --force --no-prompt"), lab.newStore());
    await lab.clock.advance(15 * minute);
    expect(await listed(lab)).to.deep.equal(["admin/controller admin"]);
  });
});

describe("A simulated client without a current model", () => {
  afterEach(cleanUp);

  it("says so after a destruction, listing the models that are left", async () => {
    const others = ["one", "two"].map((name, index) => ({
      name,
      uuid: `9999999${index}-1111-4111-8111-0000000000aa`,
    }));
    const lab = recordedLab({ otherModels: others });
    const store = lab.newStore({ "models.yaml": { controllers: {} } });
    await lab.run(["models"], store);
    const { code, stderr } = await lab.run(destroy, store);
    expect(code).to.equal(0);
    expect(stderr).to.match(/\nModel destroyed\.\nWARNING cannot read current model: No selected model\.\n/);
    expect(stderr).to.contain("\n\n  - maas-lab:admin/one\n  - maas-lab:admin/two\n");
  });
});

describe("Outages and noise of the simulated juju", () => {
  afterEach(cleanUp);

  it("is silent while the controller is away, and answers when it is back", async () => {
    const lab = recordedLab();
    lab.controller.control({ op: "juju-away", for: "30s" });
    const before = lab.clock.now();
    expect(await listed(lab)).to.have.length(2);
    expect(lab.clock.now() - before).to.be.within(30_000, 35_000);
    lab.controller.control({ op: "juju-away", for: "1h" });
    const { code, stdout, stderr } = await lab.run(words("models --format=json"), lab.newStore());
    expect([code, stdout]).to.deep.equal([1, "{}\n"]);
    expect(stderr).to.match(/^ERROR unable to connect to API: dial tcp /);
  });

  it("loses a destroy-model that waits when the controller goes away, with exit code 0", async () => {
    const lab = recordedLab({ model: { reap: "10m", course: [] } });
    lab.clock.after(10_000, () => lab.controller.control({ op: "juju-away", for: "5s" }));
    const { code, stderr } = await lab.run(destroy, lab.newStore());
    expect([code, /connection is shut down\.\n$/.test(stderr)]).to.deep.equal([0, true]);
  });

  it("writes harmless lines of the snap and of the shell on stderr, or what is given", async () => {
    const lab = recordedLab({
      faults: [
        { command: "models", kind: "noise" },
        { command: "models", kind: "noise", text: "a deprecation warning\n" },
      ],
    });
    const first = await lab.run(words("models --format=json"), lab.newStore());
    expect(first.code).to.equal(0);
    expect(first.stderr).to.match(
      /^update\.go:85: cannot change mount namespace .*\nbash: warning: setlocale: /,
    );
    expect((await lab.run(words("models --format=json"), lab.newStore())).stderr).to.equal(
      "a deprecation warning\n",
    );
  });

  it("cannot get a discharge, or waits for a password", async () => {
    const lab = recordedLab({
      faults: [
        { command: "*", kind: "no-discharge" },
        { command: "*", kind: "login-expired" },
      ],
    });
    const { code, stderr } = await lab.run(["models"], lab.newStore());
    expect(code).to.equal(1);
    expect(stderr).to.match(/^ERROR cannot get discharge from "https:\/\/\S+": EOF\n$/);
    const waits = await lab.run(["models"], lab.newStore(), { limit: 60 * minute });
    expect(waits).to.deep.equal({
      code: undefined,
      stdout: "",
      stderr: "please enter password for admin on maas-lab: ",
    });
  });
});
