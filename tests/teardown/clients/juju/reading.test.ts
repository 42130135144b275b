import { expect } from "chai";
import { jujuClient, jujuErrorKind } from "../../../../teardown/clients/juju.ts";
import { openstack, printing, withAnswer, withScript } from "../support/juju.ts";
import { errorOf } from "../support/maas.ts";
import { recordedFile, recordedJuju } from "../support/recordings.ts";

describe("Juju client: reading", () => {
  it("reads who is logged in from the recorded answers", async () => {
    await withAnswer(recordedJuju("cli-3.6.28/gone.txt", "whoami"), async ({ juju, calls }) => {
      expect(await juju.whoami()).to.deep.equal({
        controller: "maas-lab",
        user: "admin",
        model: "openstack",
      });
      expect(calls()).to.deep.equal(["whoami --format=yaml controller= model="]);
    });
  });

  it("takes exit code 0 with an empty stdout for: nobody is logged in", async () => {
    for (const file of ["cli-3.6.28/login-and-context.txt", "no-controller-3.6.28.txt"]) {
      const recorded = recordedJuju(file, "whoami --format=yaml");
      expect(recorded.code).to.equal(0);
      await withAnswer(recorded, async ({ juju }) => expect(await juju.whoami()).to.equal(undefined));
    }
  });

  it("takes an answer without a user for nobody", async () => {
    await withAnswer(recordedJuju("cli-3.6.28/connection-refused.txt", "whoami"), async ({ juju }) =>
      expect(await juju.whoami()).to.equal(undefined),
    );
  });

  it("reads the version of the client, first-run noise or not", async () => {
    await withAnswer(recordedJuju("no-controller-3.6.28.txt", "version"), async ({ juju }) =>
      expect(await juju.version()).to.equal("3.6.28"),
    );
    await withAnswer(printing("4.0.12-genericlinux-arm64\n"), async ({ juju }) =>
      expect(await juju.version()).to.equal("4.0.12"),
    );
    await withAnswer(printing("3.6-beta2-ubuntu-amd64\n"), async ({ juju }) =>
      expect(await juju.version()).to.equal("3.6-beta2"),
    );
  });

  it("reads the models", async () => {
    await withAnswer(
      printing(recordedFile("juju", "parsed", "models-destroying.yaml")),
      async ({ juju, calls }) => {
        const { models, complaints } = await juju.models("maas-lab");
        expect(complaints).to.deep.equal([]);
        expect(models.map(({ shortName }) => shortName)).to.deep.equal(["controller", "openstack"]);
        expect(models[1]).to.deep.equal({
          name: "admin/openstack",
          shortName: "openstack",
          uuid: openstack,
          controllerUuid: "1c2b3a4d-0000-4000-8000-00000000c0de",
          controllerName: "maas-lab",
          isController: false,
          owner: "admin",
          cloud: "maas-lab",
          credential: "admin/maas-cred",
          access: "admin",
          life: "dying",
          status: "destroying",
          statusMessage:
            "attempt 3 to destroy model failed (will retry):  model not empty, found 2 machines (model not empty)",
          migration: undefined,
          agentVersion: "3.6.28",
        });
        expect(calls()).to.deep.equal(["models -c maas-lab --format=yaml controller= model="]);
      },
    );
  });

  it("reads the models of Juju 4.0, which names no owner, and the current controller's", async () => {
    const yaml = recordedFile("juju", "parsed", "models-alive.yaml").replaceAll(/^ {2}owner: .*\n/gm, "");
    await withAnswer(printing(yaml), async ({ juju, calls }) => {
      const { models } = await juju.models("");
      expect(models.map(({ owner }) => owner)).to.deep.equal([undefined, undefined]);
      expect(calls()).to.deep.equal(["models --format=yaml controller= model="]);
    });
  });

  it("reads an empty list, and passes on that a model may be missing from a list", async () => {
    await withAnswer(recordedJuju("cli-3.6.28/empty.txt", "models --format=yaml"), async ({ juju }) =>
      expect(await juju.models("maas-lab")).to.deep.equal({ models: [], complaints: [] }),
    );
    await withAnswer(recordedJuju("cli-3.6.28/summaryerr.txt", "models --format=yaml"), async ({ juju }) => {
      const { models, complaints } = await juju.models("maas-lab");
      expect(models).to.have.length(1);
      expect(complaints).to.deep.equal(['getting model "openstack" status: settings not found']);
    });
  });

  it("reads the machines of a model by its UUID, containers apart", async () => {
    await withAnswer(
      printing(recordedFile("juju", "parsed", "machines-alive.yaml")),
      async ({ juju, calls }) => {
        const machines = await juju.machines(openstack);
        expect(machines.map(({ id, instanceId }) => [id, instanceId])).to.deep.equal([
          ["0", "s4a8ey"],
          ["1", "akseqn"],
          ["2", "gp7xwc"],
          ["3", "q8m3dt"],
        ]);
        expect(machines[0]).to.include({ hostname: "openstack0", displayName: "openstack0" });
        expect(machines[0]?.containers).to.deep.equal(["0/lxd/0"]);
        expect(calls()).to.deep.equal([`machines -m ${openstack} --format=yaml controller= model=`]);
      },
    );
    await withAnswer(recordedJuju("cli-3.6.28/by-uuid.txt", "machines -m 7f5d"), async ({ juju }) =>
      expect(await juju.machines(openstack)).to.have.length(4),
    );
  });

  it("reads machines that are pending, broken, or not there", async () => {
    const yaml =
      'model: openstack\nmachines:\n  "0":\n    instance-id: pending\n  "1":\n    status-error: broken\n';
    await withAnswer(printing(yaml), async ({ juju }) =>
      expect((await juju.machines(openstack)).map(({ instanceId }) => instanceId)).to.deep.equal([
        "pending",
        "",
      ]),
    );
    await withAnswer(printing("model: openstack\nmachines: {}\n"), async ({ juju }) =>
      expect(await juju.machines(openstack)).to.deep.equal([]),
    );
  });

  it("counts applications, units and machines, and keeps the text", async () => {
    const raw = recordedFile("juju", "parsed", "status-alive.yaml");
    await withAnswer(printing(raw), async ({ juju, calls }) => {
      const status = await juju.status("maas-lab:admin/openstack");
      // keystone/0 with its subordinate router, and two units of ceph-osd
      expect(status).to.include({ applications: 3, units: 4, raw });
      expect(status.machines).to.have.length(4);
      expect(calls()).to.deep.equal(["status -m maas-lab:admin/openstack --format=yaml controller= model="]);
    });
    await withAnswer(printing(recordedFile("juju", "parsed", "status-destroying.yaml")), async ({ juju }) =>
      expect(await juju.status(openstack)).to.include({ applications: 0, units: 0 }),
    );
    for (const name of ["subordinates", "database_webapp", "snappass", "status_errors", "minimal"]) {
      await withAnswer(printing(recordedFile("juju", "jubilant", `${name}_json.json`)), async ({ juju }) =>
        expect((await juju.status(openstack)).applications, name).to.be.a("number"),
      );
    }
  });

  it("returns the texts for a capture as they are", async () => {
    const bundle = recordedFile("juju", "bundles", "export-3.6.28-style-jammy-yoga.COMPOSED.yaml");
    await withAnswer(printing(bundle), async ({ juju, calls }) => {
      expect(await juju.exportBundle(openstack)).to.equal(bundle);
      expect(calls()).to.deep.equal([`export-bundle -m ${openstack} controller= model=`]);
    });
    await withAnswer(printing("models: []\n"), async ({ juju }) => {
      expect(await juju.modelsYaml("maas-lab")).to.equal("models: []\n");
      expect(await juju.statusYaml(openstack)).to.equal("models: []\n");
    });
  });

  it("names the controller in the environment when it is given one, and drops JUJU_MODEL", async () => {
    const env = { PATH: process.env.PATH, JUJU_MODEL: "elsewhere:admin/other", JUJU_CONTROLLER: "elsewhere" };
    await withAnswer(
      printing("model: openstack\nmachines: {}\n"),
      async ({ juju, calls }) => {
        await juju.machines(openstack);
        expect(calls()[0]).to.match(/ controller=maas-lab model=$/);
      },
      { env, controller: "maas-lab" },
    );
    await withAnswer(
      printing("model: openstack\nmachines: {}\n"),
      async ({ juju, calls }) => {
        await juju.machines(openstack);
        expect(calls()[0]).to.match(/ controller=elsewhere model=$/);
      },
      { env },
    );
  });

  it("never passes something on that juju would take for a flag", async () => {
    await withScript("exit 0", async ({ juju, calls }) => {
      for (const name of ["--filename=/etc/passwd", "-m", "", "a b", "a\nb"]) {
        expect(await errorOf(juju.exportBundle(name))).to.have.property("code", "config");
      }
      expect(await errorOf(juju.models("-c"))).to.have.property("code", "config");
      expect(calls()).to.deep.equal([]);
    });
    expect(() => jujuClient({ controller: "--debug" }))
      .to.throw()
      .with.property("code", "config");
  });

  const failures = [
    ["unauth.txt", "models", "unauthorized", "juju login"],
    ["unauth.txt", "status", "unauthorized", "juju login"],
    ["unauth.txt", "export-bundle", "unauthorized", "juju login"],
    ["denied.txt", "models", "forbidden", "permission denied"],
    ["login-and-context.txt", "models --format=yaml", "not-logged-in", "juju login"],
    ["login-and-context.txt", "status -m openstack", "not-logged-in", "juju login"],
    ["login-and-context.txt", "export-bundle", "failed", "No selected model"],
    ["gone.txt", "machines", "not-found", "not found"],
    ["gone.txt", "status", "not-found", "not found"],
    ["gone.txt", "export-bundle", "not-found", "not found"],
    ["gone-stale-store.txt", "machines", "not-found", "has been removed"],
    ["gone-stale-store.txt", "export-bundle", "not-found", "has been removed"],
    ["alive-errors.txt", "models -c nosuchctl", "no-controller", "juju controllers"],
    ["connection-refused.txt", "models --format=yaml", "unreachable", "connection refused"],
    ["export-bundle-empty.txt", "export-bundle", "nothing-to-export", "nothing to export"],
  ] as const;
  for (const [file, command, kind, words] of failures) {
    it(`calls the recorded failure of ${command} (${file}) ${kind}`, async () => {
      const recorded = recordedJuju(`cli-3.6.28/${file}`, command);
      expect(recorded.code).to.be.above(0);
      await withAnswer(recorded, async ({ juju }) => {
        const calls = [juju.models, juju.status, juju.exportBundle];
        for (const call of calls) {
          const error = await errorOf(call(openstack));
          expect(jujuErrorKind(error)).to.equal(kind);
          expect(error).to.have.property("code", "juju");
          expect(error.message).to.contain(words);
        }
      });
    });
  }

  it("says that there is no controller", async () => {
    await withAnswer(recordedJuju("no-controller-3.6.28.txt", "models --format=yaml"), async ({ juju }) =>
      expect(jujuErrorKind(await errorOf(juju.models("")))).to.equal("no-controller"),
    );
  });

  it("does not read `{}` as a list without models, whatever the exit code", async () => {
    for (const code of [0, 1]) {
      await withAnswer(printing("{}\n", "", code), async ({ juju }) => {
        const kind = jujuErrorKind(await errorOf(juju.models("maas-lab")));
        expect(kind).to.equal(code === 0 ? "bad-answer" : "failed");
      });
    }
  });

  const garbage = [
    "",
    "models",
    "models: {}",
    "models: [{name: x}]",
    "models: [\n",
    "\u0000\u0001",
    "a: &a [*a]",
  ];
  for (const stdout of garbage) {
    it(`calls ${JSON.stringify(stdout)} a bad answer`, async () => {
      await withScript(
        `printf '${stdout.replaceAll("\u0000", "\\000").replaceAll("\n", "\\n")}'`,
        async ({ juju }) => {
          expect(jujuErrorKind(await errorOf(juju.models("maas-lab")))).to.equal("bad-answer");
          if (stdout === "models") expect(jujuErrorKind(await errorOf(juju.whoami()))).to.equal("bad-answer");
        },
      );
    });
  }

  it("never repeats stdout in an error: a bundle holds passwords", async () => {
    await withAnswer(
      printing("applications: {keystone: {options: {admin-password: hunter2}}}\n", "ERROR broken\n", 1),
      async ({ juju }) => {
        for (const call of [juju.exportBundle, juju.status, juju.models]) {
          expect((await errorOf(call(openstack))).message)
            .to.contain("ERROR broken")
            .and.not.contain("hunter2");
        }
      },
    );
    await withAnswer(printing("applications: [hunter2]\n"), async ({ juju }) =>
      expect((await errorOf(juju.status(openstack))).message).not.to.contain("hunter2"),
    );
  });
});
