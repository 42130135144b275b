import { expect } from "chai";
import { jujuErrorKind, type ModelIdentity } from "../../../../teardown/clients/juju.ts";
import { openstack, printing, withAnswer, withAnswers, withScript } from "../support/juju.ts";
import { errorOf } from "../support/maas.ts";
import { recordedFile, recordedJuju } from "../support/recordings.ts";

const controllerUuid = "1c2b3a4d-0000-4000-8000-00000000c0de";
const asked: ModelIdentity = { controller: "maas-lab", controllerUuid, modelUuid: openstack };
const parsed = (name: string): string => recordedFile("juju", "parsed", name);
const alive = parsed("models-alive.yaml");
const without = (pattern: RegExp): string => alive.replace(pattern, "");
/** Without the controller's own model. */
const lonely = without(/^- name: admin\/controller\n(?: .*\n)*/m);
const empty = "models: []\n";
const summaryerr = recordedJuju("cli-3.6.28/summaryerr.txt", "models");
const denied = printing("{}\n", "ERROR permission denied (unauthorized access)\n", 1);

describe("Juju client: presence of a model", () => {
  it("tells alive, dying and dead, from the user's own list", async () => {
    const dying = parsed("models-destroying.yaml");
    const cases = [
      [alive, "alive"],
      [dying, "dying"],
      [dying.replace("life: dying", "life: dead"), "dead"],
    ] as const;
    for (const [yaml, state] of cases) {
      await withAnswer(printing(yaml), async ({ juju, calls }) => {
        const presence = await juju.presence(asked);
        expect(presence.state).to.equal(state);
        expect(presence.model).to.have.property("uuid", openstack);
        expect(calls()).to.have.length(1);
      });
    }
    await withAnswer(printing(dying.replace("life: dying", "life: undecided")), async ({ juju }) =>
      expect(await juju.presence(asked)).to.deep.include({
        state: "unclear",
        reasons: [{ code: "unknown-life", life: "undecided" }],
      }),
    );
  });

  it("is gone when both lists are whole and have no such UUID, noise or not", async () => {
    const gone = recordedJuju("cli-3.6.28/gone.txt", "models");
    const snap =
      "update.go:85: cannot change mount namespace according to change mount (/a /b none bind,ro 0 0): permission denied\n";
    for (const stderr of [gone.stderr, snap]) {
      await withAnswer({ ...gone, stderr }, async ({ juju, calls }) => {
        expect((await juju.presence(asked)).state).to.equal("gone");
        expect(calls().map((call) => call.replace(/ controller=.*/, ""))).to.deep.equal([
          "models -c maas-lab --format=yaml",
          "models -c maas-lab --all --format=yaml",
        ]);
      });
    }
  });

  it("is gone although a new model has its name", async () => {
    const yaml = alive.replace(openstack, "00000000-1111-4222-8333-444444444444");
    await withAnswer(printing(yaml), async ({ juju }) =>
      expect(await juju.presence(asked)).to.have.property("state", "gone"),
    );
  });

  it("is seen by a superuser who has no grant, and so are its absence and the controller's own model", async () => {
    const all = recordedJuju("cli-4.0.14-real-server.json", "models --all").stdout;
    const on40 = { ...asked, controllerUuid: "deadbeef-1bad-500d-9000-4b1d0d06f00d" };
    await withAnswers({ "models *--all": printing(all), models: printing(empty) }, async ({ juju }) => {
      const presence = await juju.presence(on40);
      expect(presence.state).to.equal("alive");
      expect(presence.model).to.include({ access: undefined, owner: undefined, credential: undefined });
    });
    const others = all.replaceAll(openstack, "00000000-1111-4222-8333-444444444444");
    await withAnswers({ "models *--all": printing(others), models: printing(empty) }, async ({ juju }) =>
      expect((await juju.presence(on40)).state).to.equal("gone"),
    );
  });

  it("is never gone for a user who sees neither it nor the controller's own model", async () => {
    const shown = (answer: ReturnType<typeof printing>) => ({
      "models *--all": denied,
      models: printing(empty),
      "show-model": answer,
    });
    const missing = printing("{}\n", `ERROR model maas-lab:admin/${openstack} not found\n`, 1);
    for (const [answer, kind] of [
      [denied, "forbidden"],
      [missing, "not-found"],
    ] as const)
      await withAnswers(shown(answer), async ({ juju }) =>
        expect(await juju.presence(asked)).to.deep.include({
          state: "unclear",
          reasons: [{ code: "controller-model-not-visible", shown: kind }],
        }),
      );
    await withAnswers(shown(printing(parsed("show-model.yaml"))), async ({ juju }) => {
      const presence = await juju.presence(asked);
      expect(presence.state).to.equal("alive");
      expect(presence.model).to.have.property("uuid", openstack);
    });
    await withAnswers(shown(printing("{}\n", "ERROR something new\n", 1)), async ({ juju }) => {
      const { state, reasons } = await juju.presence(asked);
      expect(state).to.equal("unclear");
      expect(reasons?.map(({ code }) => code)).to.deep.equal(["controller-model-not-visible", "failed"]);
    });
  });

  it("is not visible to a plain user whose list has other models only", async () => {
    const other = lonely.replace(openstack, "00000000-1111-4222-8333-444444444444");
    await withAnswers({ "show-model": denied, models: printing(other) }, async ({ juju }) =>
      expect((await juju.presence(asked)).reasons).to.deep.equal([
        { code: "controller-model-not-visible", shown: "forbidden" },
      ]),
    );
  });

  it("is unclear when another controller of this name answers, whether it has the model or not", async () => {
    const elsewhere = { ...asked, controllerUuid: "99999999-0000-4000-8000-00000000c0de" };
    const reasons = [
      { code: "other-controller", expected: elsewhere.controllerUuid, found: [controllerUuid] },
    ];
    for (const yaml of [alive, parsed("models-gone.yaml")])
      await withAnswer(printing(yaml), async ({ juju }) =>
        expect(await juju.presence(elsewhere)).to.deep.include({ state: "unclear", reasons }),
      );
    await withAnswer(printing(alive), async ({ juju }) =>
      expect((await juju.presence(elsewhere)).model).to.have.property("uuid", openstack),
    );
  });

  it("is unclear when juju left a model out of either list, and carries the line", async () => {
    const line = 'getting model "openstack" status: settings not found';
    const gone = recordedJuju("cli-3.6.28/gone.txt", "models");
    for (const answers of [
      { "models *--all": gone, models: summaryerr },
      { "models *--all": summaryerr, models: gone },
    ])
      await withAnswers(answers, async ({ juju }) =>
        expect(await juju.presence(asked)).to.deep.include({
          state: "unclear",
          reasons: [{ code: "unexplained-line", lines: [line] }],
          why: `juju says: ${line}`,
        }),
      );
  });

  it("is unclear after a failure that may pass", async () => {
    const failures = [
      [recordedJuju("cli-3.6.28/connection-refused.txt", "models"), "unreachable"],
      [printing("{}\n", "ERROR something new\n", 1), "failed"],
      [printing("{}\n"), "failed"],
      [printing(parsed("models-gone.yaml").slice(0, 150)), "failed"],
    ] as const;
    for (const [failure, code] of failures) {
      await withAnswer(failure, async ({ juju }) => {
        const { state, reasons, why } = await juju.presence(asked);
        expect(state).to.equal("unclear");
        expect(reasons?.map((reason) => reason.code)).to.deep.equal([code]);
        expect(why).to.be.a("string").and.not.equal("");
      });
    }
  });

  it("is unclear when the controller is silent", async () => {
    await withScript(
      "exec sleep 600",
      async ({ juju }) => {
        const { state, reasons } = await juju.presence(asked);
        expect(state).to.equal("unclear");
        expect(reasons?.[0]).to.have.property("code", "unreachable");
        expect(reasons?.[0]).to.have.property("problem").that.includes({ kind: "timeout", limit: 100 });
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
        expect(jujuErrorKind(await errorOf(juju.presence(asked)))).to.equal(kind),
      );
    }
  });

  it("answers the older question too, which does not know the controller's UUID", async () => {
    await withAnswer(printing(alive), async ({ juju }) =>
      expect(await juju.presence("maas-lab", openstack)).to.have.property("state", "alive"),
    );
    await withAnswer(printing(parsed("models-gone.yaml")), async ({ juju }) =>
      expect((await juju.presence("maas-lab", openstack)).state).to.equal("gone"),
    );
  });
});
