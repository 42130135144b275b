import { expect } from "chai";
import type { JujuModel, Presence } from "../../../teardown/clients/juju.ts";
import { isLost, judgeJuju, judgeModel } from "../../../teardown/guards/model-guard.ts";
import { sayFindings, wordsOf } from "../../../teardown/guards/say.ts";
import type { JujuSurvey, NoAnswer } from "../../../teardown/survey.ts";
import {
  controllerModel,
  model,
  modelUuid,
  otherUuid,
  recordedModel,
  settingsWith,
} from "../support/fakes.ts";

/** What is found of a model, with its words. */
const judged = (seen: JujuModel) => {
  const finding = judgeModel(seen, recordedModel);
  return { code: finding.code, verdict: finding.verdict, ...wordsOf(finding, {}) };
};

describe("model guard: a model that is there", () => {
  it("is content with the recorded one, alive or on its way out", () => {
    expect(judged(model())).to.deep.equal({
      code: "model",
      guard: "model",
      subject: `admin/openstack ${modelUuid}`,
      verdict: "ok",
      found: "the recorded model, alive",
    });
    expect(judged(model({ life: "dying" }))).to.include({
      verdict: "ok",
      found: "the recorded model, dying already",
    });
    expect(judged(model({ life: "dead" })).verdict).to.equal("ok");
  });

  it("never lets the controller's own model pass, whatever was recorded", () => {
    expect(judged(model({ isController: true }))).to.include({
      code: "model-is-controllers",
      verdict: "refused",
      found: "is the controller's own model; it is never destroyed",
      next: "correct `jujuModel`, then: pulumi up",
    });
  });

  it("refuses a suspended one with the command that renews its credential", () => {
    expect(judged(model({ status: "suspended", statusMessage: "invalid credential" }))).to.include({
      code: "model-suspended",
      verdict: "refused",
      found: "is suspended (invalid credential) and would never go away",
      next: "juju update-credential maas maas-key --controller maas-lab   # then: pulumi destroy",
    });
    // Juju 4.0 does not name the credential.
    expect(judged(model({ status: "suspended", credential: undefined }))).to.include({
      verdict: "refused",
      found: "is suspended (its cloud credential is not valid) and would never go away",
      next: "juju credentials --controller maas-lab   # find it, then: juju update-credential maas <credential> --controller maas-lab",
    });
  });

  it("refuses one that has another name now", () => {
    expect(judged(model({ name: "eve/openstack" }))).to.include({
      code: "model-renamed",
      verdict: "refused",
      found: "has another name than the one recorded at `up`",
      expected: "admin/openstack",
    });
  });

  it("refuses one that is being migrated", () => {
    expect(judged(model({ migration: "importing into other" }))).to.include({
      code: "model-migrating",
      verdict: "refused",
      found: "is being migrated to another controller: importing into other",
      expected: "a model that stays where it was recorded",
    });
  });
});

const survey = (presence: Presence | undefined, more: Partial<JujuSurvey> = {}): JujuSurvey => ({
  answered: true,
  controller: "maas-lab",
  user: "eve",
  models: [controllerModel, ...(presence?.model ? [presence.model] : [])],
  unexplained: [],
  named: [],
  presence,
  machines: [],
  contents: undefined,
  disabled: [],
  ...more,
});
const alive = (more: Partial<JujuModel> = {}): Presence => ({ state: "alive", model: model(more) });
const judge = (
  juju: JujuSurvey | NoAnswer,
  settings: Record<string, unknown> = {},
  recorded: typeof recordedModel | undefined = recordedModel,
) => {
  const all = settingsWith(settings);
  const findings = judgeJuju(juju, recorded, all).filter(({ verdict }) => verdict !== "ok");
  return {
    codes: findings.map(({ code, verdict }) => `${code} ${verdict}`),
    said: sayFindings(findings, all),
  };
};

describe("model guard: juju", () => {
  it("says as whom it answers, or that it does not know", () => {
    const found = (user: string | undefined) =>
      sayFindings(judgeJuju(survey(alive(), { user }), recordedModel, settingsWith()), {})[0];
    expect(found("eve")).to.include({ guard: "juju", verdict: "ok", found: "answers, as eve" });
    expect(found(undefined)).to.include({ verdict: "ok", found: "answers, as an unnamed user" });
    expect(judge(survey(alive())).codes).to.deep.equal([]);
  });

  it("judges no model when there was none at `up`, and notes that", () => {
    const findings = judgeJuju(survey(undefined), undefined, settingsWith());
    expect(findings.map(({ code, verdict }) => `${code} ${verdict}`)).to.deep.equal([
      "juju ok",
      "model-gone-at-up note",
    ]);
  });

  it("refuses another model or controller in today's settings, and takes the model's short name", () => {
    const wrong = judge(survey(alive()), { jujuModel: "other", jujuController: "elsewhere" });
    expect(wrong.codes).to.deep.equal(["setting-changed refused", "setting-changed refused"]);
    expect(wrong.said.map(({ subject, expected }) => [subject, expected])).to.deep.equal([
      ["jujuModel: other", recordedModel.name],
      ["jujuController: elsewhere", recordedModel.controller],
    ]);
    expect(wrong.said[0]?.next).to.include("pulumi config set jujuModel admin/openstack");
    for (const jujuModel of ["openstack", "admin/openstack"])
      expect(judge(survey(alive()), { jujuModel }).codes).to.deep.equal([]);
    expect(judge(survey(alive()), { jujuController: "" }).codes).to.deep.equal([]);
  });

  it("does not take what another controller says of the model for an answer", () => {
    const other: Presence = {
      state: "unclear",
      model: model({ controllerUuid: otherUuid }),
      reasons: [{ code: "other-controller", expected: recordedModel.controllerUuid, found: [otherUuid] }],
    };
    expect(judge(survey(other), { acceptUnproven: modelUuid }).codes).to.deep.equal([
      "other-controller refused",
    ]);
  });

  it("refuses a life that nobody knows, and a look that gave no reason", () => {
    const odd: Presence = {
      state: "unclear",
      model: model({ life: "undead" }),
      reasons: [{ code: "unknown-life", life: "undead" }],
      why: 'juju calls its life "undead"',
    };
    expect(judge(survey(odd)).codes).to.deep.equal(["model-unclear refused"]);
    expect(judge(survey(odd)).said[0]?.found).to.equal(
      'cannot be seen for sure: juju calls its life "undead"',
    );
    expect(judge(survey(undefined)).said[0]).to.include({
      verdict: "refused",
      found: "cannot be seen for sure: juju gave no reason",
    });
  });
});

describe("model guard: who may destroy it, and prove it", () => {
  it("refuses a user who is no administrator of the model, with what an administrator types", () => {
    for (const access of ["read", "write"]) {
      const { codes, said } = judge(survey(alive({ access })));
      expect(codes, access).to.deep.equal(["no-admin-access refused"]);
      expect(said[0]).to.include({
        found: `eve has ${access} access to it, and only an administrator may destroy it`,
        expected: "admin access",
        next: "ask an administrator of the controller to type: juju grant eve admin admin/openstack",
      });
    }
    // A superuser without a grant, and any user of Juju 4.0, are shown no access at all.
    for (const access of ["admin", undefined])
      expect(judge(survey(alive({ access }))).codes).to.deep.equal([]);
  });

  it("refuses a destroy-model that somebody disabled, with their reason and the way out, unless it is dying already", () => {
    const disabled = [{ set: "all", message: "audit until Monday" }];
    const { codes, said } = judge(survey(alive(), { disabled }));
    expect(codes).to.deep.equal(["command-disabled refused"]);
    expect(said[0]).to.include({
      found: "destroy-model is disabled (juju disable-command all): audit until Monday",
      next: `ask who disabled it; then: juju enable-command all -m ${modelUuid}`,
    });
    const silent = judge(survey(alive(), { disabled: [{ set: "destroy-model", message: "" }] }));
    expect(silent.said[0]?.found).to.equal("destroy-model is disabled (juju disable-command destroy-model)");
    const dying: Presence = { state: "dying", model: model({ life: "dying" }) };
    expect(judge(survey(dying, { disabled })).codes).to.deep.equal([]);
  });

  it("refuses a user to whom its end can never be proved, unless that is accepted for this model", () => {
    const own = survey(alive(), { models: [model()] });
    const { codes, said } = judge(own);
    expect(codes).to.deep.equal(["gone-not-provable refused"]);
    expect(said[0]).to.include({
      subject: `admin/openstack ${modelUuid}`,
      found: "its end can never be proved to eve, who sees neither all models nor the controller's own",
      expected: "a user who sees all models",
      next: `juju login as a superuser, or ask for: juju grant eve superuser\npulumi destroy -c acceptUnproven=${modelUuid}   # to believe it once this run has seen it dying`,
    });
    expect(judge(own, { acceptUnproven: modelUuid }).codes).to.deep.equal(["gone-not-provable note"]);
    expect(judge(own, { acceptUnproven: otherUuid }).codes).to.deep.equal(["gone-not-provable refused"]);
  });

  it("notes one that is out of sight when that is accepted, and only when nothing but the view speaks against it", () => {
    const hidden = { code: "controller-model-not-visible", shown: "forbidden" } as const;
    const line = { code: "unexplained-line", lines: ["settings not found"] } as const;
    const unclear = (...reasons: Presence["reasons"] & object): JujuSurvey =>
      survey({ state: "unclear", reasons, why: "so" }, { models: [] });
    const accepted = { acceptUnproven: modelUuid };
    expect(judge(unclear(hidden), accepted).codes).to.deep.equal(["gone-not-provable note"]);
    expect(judge(unclear(hidden)).codes).to.deep.equal(["model-unclear refused"]);
    expect(judge(unclear(hidden), { acceptUnproven: otherUuid }).codes).to.deep.equal([
      "model-unclear refused",
    ]);
    const mixed = unclear(hidden, { ...line, lines: [...line.lines] });
    expect(judge(mixed, accepted).codes).to.deep.equal(["model-unclear refused"]);
    expect(judge(survey({ state: "unclear" }, { models: [] }), accepted).codes).to.deep.equal([
      "model-unclear refused",
    ]);
  });

  it("says nothing more of a model that must not be destroyed anyway", () => {
    const renamed = survey(alive({ name: "eve/openstack", access: "read" }), { models: [] });
    expect(judge(renamed).codes).to.deep.equal(["model-renamed refused"]);
  });
});

describe("model guard: a controller that does not answer", () => {
  const away = (kind: string | undefined): NoAnswer => ({ answered: false, kind, said: "no answer\nlook" });
  const { controllerUuid } = recordedModel;
  const all = ["unreachable", "timeout", "not-logged-in", "no-controller", "unauthorized", "failed"];

  it("is lost only when it cannot be reached and controllerLost names it", () => {
    for (const kind of [...all, undefined]) {
      const isAway = kind === "unreachable" || kind === "timeout";
      const { codes } = judge(away(kind), { controllerLost: controllerUuid });
      expect(codes, kind).to.deep.equal([isAway ? "controller-lost note" : "juju-failed refused"]);
      expect(isLost(away(kind), recordedModel, settingsWith({ controllerLost: controllerUuid }))).to.equal(
        isAway,
      );
      for (const controllerLost of ["", otherUuid, modelUuid])
        expect(judge(away(kind), { controllerLost }).codes, kind).to.deep.equal(["juju-failed refused"]);
    }
    expect(isLost(survey(alive()), recordedModel, settingsWith({ controllerLost: controllerUuid }))).to.equal(
      false,
    );
  });

  it("is said to be lost by its UUID, and what that means", () => {
    expect(judge(away("timeout"), { controllerLost: controllerUuid }).said[0]).to.deep.equal({
      guard: "juju",
      subject: `maas-lab ${controllerUuid}`,
      verdict: "note",
      found: "cannot be reached, and is lost for ever, as `controllerLost` says: its model counts as gone",
    });
  });

  it("is refused with juju's words otherwise, beside settings that name another one", () => {
    const { codes, said } = judge(away("unreachable"), { jujuModel: "other" });
    expect(codes).to.deep.equal(["setting-changed refused", "juju-failed refused"]);
    expect(said[1]).to.deep.equal({
      guard: "juju",
      subject: "maas-lab",
      verdict: "refused",
      found: "no answer",
      expected: "a list of its models",
      next: `look\npulumi destroy -c controllerLost=${controllerUuid}   # only if it is lost for ever`,
    });
    const nobody = judgeJuju(away("unreachable"), undefined, settingsWith({ jujuController: "" }));
    expect(sayFindings(nobody, {})[0]).to.include({ subject: "controller", verdict: "refused" });
  });
});
