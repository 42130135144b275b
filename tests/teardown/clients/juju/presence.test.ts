import { expect } from "chai";
import { jujuErrorKind } from "../../../../teardown/clients/juju.ts";
import { openstack, printing, withAnswer, withScript } from "../support/juju.ts";
import { errorOf } from "../support/maas.ts";
import { recordedFile, recordedJuju } from "../support/recordings.ts";

const noise =
  'ERROR Get "https://streams.canonical.com/juju/public-clouds.syaml": proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused\n' +
  "Since Juju 3 is being run for the first time, it has downloaded the latest public cloud information.\n" +
  "WARNING: cgroup v2 is not fully supported yet, proceeding with partial confinement\n";

describe("Juju client: presence of a model", () => {
  it("tells alive, dying and dead", async () => {
    const alive = recordedFile("juju", "parsed", "models-alive.yaml");
    const dying = recordedFile("juju", "parsed", "models-destroying.yaml");
    const cases = [
      [alive, "alive"],
      [dying, "dying"],
      [dying.replace("life: dying", "life: dead"), "dead"],
      [dying.replace("life: dying", "life: undecided"), "unclear"],
    ] as const;
    for (const [yaml, state] of cases) {
      await withAnswer(printing(yaml), async ({ juju }) => {
        const presence = await juju.presence("maas-lab", openstack);
        expect(presence.state).to.equal(state);
        expect(presence.model).to.have.property("uuid", openstack);
      });
    }
  });

  it("is gone when the list is whole and has no such UUID, first-run noise or not", async () => {
    const gone = recordedJuju("cli-3.6.28/gone.txt", "models");
    for (const stderr of [gone.stderr, noise]) {
      await withAnswer({ ...gone, stderr }, async ({ juju }) =>
        expect(await juju.presence("maas-lab", openstack)).to.deep.equal({ state: "gone" }),
      );
    }
  });

  it("is gone although a new model has its name", async () => {
    const yaml = recordedFile("juju", "parsed", "models-alive.yaml");
    await withAnswer(
      printing(yaml.replace(openstack, "00000000-1111-4222-8333-444444444444")),
      async ({ juju }) =>
        expect(await juju.presence("maas-lab", openstack)).to.have.property("state", "gone"),
    );
  });

  it("is unclear when juju left a model out with a line on stderr", async () => {
    await withAnswer(recordedJuju("cli-3.6.28/summaryerr.txt", "models"), async ({ juju }) => {
      const presence = await juju.presence("maas-lab", openstack);
      expect(presence.state).to.equal("unclear");
      expect(presence.why).to.contain("settings not found");
    });
  });

  it("is unclear when not even the controller's own model is listed", async () => {
    await withAnswer(recordedJuju("cli-3.6.28/empty.txt", "models"), async ({ juju }) =>
      expect(await juju.presence("maas-lab", openstack)).to.have.property("state", "unclear"),
    );
  });

  it("is unclear after a failure that may pass", async () => {
    const failures = [
      recordedJuju("cli-3.6.28/connection-refused.txt", "models"),
      printing("{}\n", "ERROR something new\n", 1),
      printing("{}\n"),
      printing(recordedFile("juju", "parsed", "models-gone.yaml").slice(0, 150)),
    ];
    for (const failure of failures) {
      await withAnswer(failure, async ({ juju }) => {
        const presence = await juju.presence("maas-lab", openstack);
        expect(presence.state).to.equal("unclear");
        expect(presence.why).to.be.a("string").and.not.equal("");
      });
    }
  });

  it("is unclear when the controller is silent", async () => {
    await withScript(
      "exec sleep 600",
      async ({ juju }) => {
        const presence = await juju.presence("maas-lab", openstack);
        expect(presence.state).to.equal("unclear");
        expect(presence.why).to.contain("did not end within 0.1 s");
      },
      { limits: { models: 100 } },
    );
  });

  it("fails at once on what does not pass by waiting", async () => {
    const failures = [
      ["cli-3.6.28/unauth.txt", "unauthorized"],
      ["cli-3.6.28/denied.txt", "forbidden"],
      ["cli-3.6.28/login-and-context.txt", "not-logged-in"],
      ["no-controller-3.6.28.txt", "no-controller"],
    ] as const;
    for (const [file, kind] of failures) {
      await withAnswer(recordedJuju(file, "models --format=yaml"), async ({ juju }) =>
        expect(jujuErrorKind(await errorOf(juju.presence("maas-lab", openstack)))).to.equal(kind),
      );
    }
  });
});
