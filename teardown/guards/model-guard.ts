import type { JujuModel, Presence } from "../clients/juju.ts";
import type { Settings } from "../config/settings.ts";
import type { ModelRecord } from "../record.ts";
import type { JujuSurvey, NoAnswer } from "../survey.ts";
import { type Finding, note, ok, refused } from "./finding.ts";

/** The controller whose models this user sees all, as far as juju lists say: with its own model, and without an unexplained line. */
export const wholeOf = ({ models, unexplained }: JujuSurvey): string | undefined =>
  unexplained.length === 0 ? models.find(({ isController }) => isController)?.controllerUuid : undefined;

/** Judges the model that Juju shows under the recorded UUID. Asked by the guards, and again before and while it is destroyed. */
export const judgeModel = (model: JujuModel, recorded: ModelRecord): Finding => {
  const { name, uuid } = model;
  if (model.isController) return refused({ code: "model-is-controllers", name, uuid });
  if (model.status === "suspended") {
    return refused({
      code: "model-suspended",
      name,
      uuid,
      said: model.statusMessage,
      cloud: model.cloud,
      ...(model.credential && { credential: model.credential }),
      controller: recorded.controller,
    });
  }
  if (model.name !== recorded.name)
    return refused({ code: "model-renamed", name, uuid, expected: recorded.name });
  if (model.migration) return refused({ code: "model-migrating", name, uuid, said: model.migration });
  return ok({ code: "model", name, uuid, life: model.life });
};

/** Today's settings name the recorded model and its controller: no other was looked at by `up`. */
const settingsName = (
  { jujuModel, jujuController }: Settings,
  { name, controller }: ModelRecord,
): Finding[] => [
  ...([name, name.split("/").at(-1)].includes(jujuModel)
    ? []
    : [refused({ code: "setting-changed", key: "jujuModel", value: jujuModel, recorded: name })]),
  ...(jujuController === "" || jujuController === controller
    ? []
    : [
        refused({
          code: "setting-changed",
          key: "jujuController",
          value: jujuController,
          recorded: controller,
        }),
      ]),
];

/** What this user may not do with a model, or could never see of it: each is one finding or none. juju's lists say it. */
export const limitsOf = ({ models, user = "this user" }: JujuSurvey, { name, uuid, access }: JujuModel) => ({
  // No access is listed to a superuser without a grant, who may destroy all the same.
  noAdmin:
    access === undefined || access === "admin"
      ? []
      : [{ code: "no-admin-access", name, uuid, access, user } as const],
  unproven: models.some(({ isController }) => isController)
    ? []
    : [{ code: "gone-not-provable", name, uuid, user } as const],
});

/** Whether this user may destroy the model, and see that it is gone. */
const mayDestroy = (juju: JujuSurvey, model: JujuModel, settings: Settings): Finding[] => {
  const { name, uuid } = model;
  const [disabled] = juju.disabled;
  const { noAdmin, unproven } = limitsOf(juju, model);
  return [
    ...noAdmin.map(refused),
    ...(disabled && model.life === "alive"
      ? [refused({ code: "command-disabled", name, uuid, set: disabled.set, said: disabled.message })]
      : []),
    ...unproven.map(settings.acceptUnproven.includes(uuid) ? note : refused),
  ];
};

/** Whether a model is out of sight for no other reason than that this user does not see all models. */
export const isOnlyHidden = ({ reasons = [] }: Presence): boolean =>
  reasons.length > 0 &&
  reasons.every((reason) => reason.code === "controller-model-not-visible" && reason.shown !== undefined);

/** The recorded model, as Juju shows it now. */
const judgeRecorded = (juju: JujuSurvey, recorded: ModelRecord, settings: Settings): Finding[] => {
  const { presence, models } = juju;
  const { controller, name, uuid } = recorded;
  const other = presence?.reasons?.find((each) => each.code === "other-controller");
  if (other?.code === "other-controller") {
    return [
      refused({
        code: "other-controller",
        controller,
        found: other.found.join(", "),
        expected: recorded.controllerUuid,
      }),
    ];
  }
  if (presence?.model && presence.state !== "unclear") {
    const finding = judgeModel(presence.model, recorded);
    return [finding, ...(finding.verdict === "ok" ? mayDestroy(juju, presence.model, settings) : [])];
  }
  const namesake = models.find((model) => model.name === name && model.uuid !== uuid);
  if (namesake) return [refused({ code: "model-rebuilt", name, uuid: namesake.uuid, expected: uuid })];
  if (presence?.state === "gone") return [note({ code: "model-gone", name, uuid })];
  // A model can be left out of `juju models` with exit code 0 and only a line on stderr (juju.md 1.4).
  if (presence && isOnlyHidden(presence) && settings.acceptUnproven.includes(uuid))
    return [note({ code: "gone-not-provable", name, uuid, user: juju.user ?? "this user" })];
  return [refused({ code: "model-unclear", name, controller, why: presence?.why ?? "juju gave no reason" })];
};

const isAway = (juju: JujuSurvey | NoAnswer): boolean =>
  !juju.answered && (juju.kind === "unreachable" || juju.kind === "timeout");

/** Whether a controller that does not answer counts as lost for ever. */
export const isLost = (juju: JujuSurvey | NoAnswer, recorded: ModelRecord, settings: Settings): boolean =>
  isAway(juju) && settings.controllerLost.includes(recorded.controllerUuid);

/** Juju answers a real read, and the model is the recorded one: not the controller's, not suspended, not a namesake. */
export const judgeJuju = (
  juju: JujuSurvey | NoAnswer,
  recorded: ModelRecord | undefined,
  settings: Settings,
): Finding[] => {
  const named = recorded ? settingsName(settings, recorded) : [];
  if (!juju.answered) {
    const controller = recorded?.controller ?? settings.jujuController;
    if (recorded && isLost(juju, recorded, settings))
      return [...named, note({ code: "controller-lost", controller, uuid: recorded.controllerUuid })];
    return [
      ...named,
      refused({
        code: "juju-failed",
        controller,
        said: juju.said,
        ...(juju.kind && { kind: juju.kind }),
        ...(recorded && isAway(juju) && { lost: recorded.controllerUuid }),
      }),
    ];
  }
  const answers = ok({
    code: "juju",
    controller: juju.controller,
    ...(juju.user !== undefined && { user: juju.user }),
  });
  if (!recorded) {
    const [again] = juju.named;
    if (!again) return [answers, note({ code: "model-gone-at-up", name: settings.jujuModel })];
    const { name, uuid } = again;
    return [answers, refused({ code: "model-rebuilt", name, uuid, expected: "no model: it was gone" })];
  }
  return [...named, answers, ...judgeRecorded(juju, recorded, settings)];
};
