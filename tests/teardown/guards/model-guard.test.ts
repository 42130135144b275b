import { expect } from "chai";
import type { JujuClient, JujuModel } from "../../../teardown/clients/juju.ts";
import { TeardownError } from "../../../teardown/errors.ts";
import { judgeModel, modelGuard } from "../../../teardown/guards/model-guard.ts";
import {
  contextWith,
  controllerModel,
  fakeJuju,
  model,
  modelUuid,
  otherUuid,
  recordedModel,
} from "../support/fakes.ts";

const guard = (models: JujuModel[], more: Partial<JujuClient> = {}) =>
  modelGuard(contextWith({ juju: fakeJuju(models, more) }), recordedModel, "maas-lab");
const complaining = (models: JujuModel[], ...complaints: string[]) =>
  guard(models, { models: async () => ({ models, complaints }) });

describe("model guard: the controller", () => {
  it("is refused when it is another one of the same name, with or without the model", async () => {
    const elsewhere = { controllerUuid: otherUuid };
    for (const models of [[model(elsewhere)], [model({ ...elsewhere, uuid: otherUuid })]]) {
      const { findings } = await guard(models);
      expect(findings.at(-1)).to.include({
        guard: "controller",
        verdict: "refused",
        subject: `maas-lab ${otherUuid}`,
        expected: recordedModel.controllerUuid,
      });
    }
  });
});

describe("model guard: a model that is there", () => {
  it("is content with the recorded one, alive or on its way out", () => {
    expect(judgeModel(model(), recordedModel)).to.deep.equal({
      guard: "model",
      subject: `admin/openstack ${modelUuid}`,
      verdict: "ok",
      found: "the recorded model, alive",
    });
    expect(judgeModel(model({ life: "dying" }), recordedModel).found).to.equal(
      "the recorded model, dying already",
    );
    expect(judgeModel(model({ life: "dead" }), recordedModel).verdict).to.equal("ok");
  });

  it("never lets the controller's own model pass, whatever was recorded", () => {
    expect(judgeModel(model({ isController: true }), recordedModel)).to.include({
      verdict: "refused",
      found: "is the controller's own model; it is never destroyed",
      next: "correct `jujuModel`, then: pulumi up",
    });
  });

  it("refuses a suspended one with the command that renews its credential", () => {
    const suspended = { status: "suspended", statusMessage: "invalid credential" };
    expect(judgeModel(model(suspended), recordedModel)).to.include({
      verdict: "refused",
      found: "is suspended (invalid credential) and would never go away",
      next: "juju update-credential maas maas-key --controller maas-lab   # then: pulumi destroy",
    });
    const bare = judgeModel(model({ status: "suspended", credential: undefined }), recordedModel);
    expect(bare.found).to.include("(its cloud credential is not valid)");
  });

  it("refuses one that has another name now", () => {
    expect(judgeModel(model({ name: "eve/openstack" }), recordedModel)).to.include({
      verdict: "refused",
      found: "has another name than the one recorded at `up`",
      expected: "admin/openstack",
    });
  });
});

describe("model guard: asked", () => {
  it("says as whom juju answers, and finds the model", async () => {
    const { findings, models } = await guard([controllerModel, model()]);
    expect(findings.map(({ guard, verdict, found }) => [guard, verdict, found])).to.deep.equal([
      ["juju", "ok", "answers, as admin"],
      ["model", "ok", "the recorded model, alive"],
    ]);
    expect(models).to.have.length(2);
  });

  it("does not need to know who it is: the read counts", async () => {
    const unnamed = { whoami: async () => undefined };
    expect((await guard([controllerModel, model()], unnamed)).findings[0]).to.include({
      verdict: "ok",
      found: "answers, as an unnamed user",
    });
    const failing = {
      whoami: async () => {
        throw new Error("no accounts");
      },
    };
    expect((await guard([controllerModel, model()], failing)).findings[0]?.verdict).to.equal("ok");
  });

  it("notes a model that is gone, when the list is whole", async () => {
    expect((await guard([controllerModel])).findings[1]).to.include({
      verdict: "note",
      found: "is gone already",
    });
  });

  it("does not believe in gone when the list lacks the controller's model, or juju complains", async () => {
    for (const view of [guard([]), complaining([controllerModel], "settings not found")]) {
      const { findings } = await view;
      expect(findings[1]?.verdict).to.equal("refused");
      expect(findings[1]?.found).to.match(
        /^cannot be seen for sure: juju said "(settings not found|nothing of the controller's own model)"$/,
      );
      expect(findings[1]?.next).to.equal(
        "juju models -c maas-lab   # when it answers cleanly: pulumi destroy",
      );
    }
  });

  it("is not disturbed by complaints while the model is in the list", async () => {
    expect((await complaining([model()], "something else")).findings[1]?.verdict).to.equal("ok");
  });

  it("refuses a namesake: the lab was rebuilt", async () => {
    const { findings } = await guard([controllerModel, model({ uuid: otherUuid })]);
    expect(findings[1]).to.include({
      verdict: "refused",
      subject: `admin/openstack ${otherUuid}`,
      expected: modelUuid,
      next: "pulumi up   # records today's lab; then: pulumi preview",
    });
  });

  it("notes it when there was no model at `up`, and finds no model to judge", async () => {
    const { findings } = await modelGuard(contextWith(), undefined, "");
    expect(findings[0]).to.include({ subject: "maas-lab", verdict: "ok" });
    expect(findings[1]).to.include({
      verdict: "note",
      subject: "openstack",
      found: "was gone already at `up`",
    });
  });

  it("refuses another model or controller in today's settings, and takes the model's short name", async () => {
    const { findings } = await modelGuard(
      contextWith({
        juju: fakeJuju([controllerModel, model()]),
        settings: { jujuModel: "other", jujuController: "elsewhere" },
      }),
      recordedModel,
      "maas-lab",
    );
    const wrong = findings.filter(({ verdict }) => verdict === "refused");
    expect(wrong.map(({ subject, expected }) => [subject, expected])).to.deep.equal([
      ["jujuModel: other", recordedModel.name],
      ["jujuController: elsewhere", recordedModel.controller],
    ]);
    for (const jujuModel of ["openstack", "admin/openstack"]) {
      const named = contextWith({ juju: fakeJuju([controllerModel, model()]), settings: { jujuModel } });
      const { findings } = await modelGuard(named, recordedModel, "maas-lab");
      expect(findings.every(({ verdict }) => verdict === "ok")).to.equal(true);
    }
  });

  it("refuses when juju does not answer, in juju's words and with what to type", async () => {
    const failing = {
      models: async () => {
        throw new TeardownError(
          "juju",
          "cannot reach the controller\nLog in with:\n  juju login -c maas-lab",
        );
      },
    };
    const { findings, models } = await guard([], failing);
    expect(models).to.equal(undefined);
    expect(findings).to.deep.equal([
      {
        guard: "juju",
        subject: "maas-lab",
        verdict: "refused",
        found: "cannot reach the controller",
        expected: "a list of its models",
        next: "Log in with:   juju login -c maas-lab",
      },
    ]);
  });
});
