import type { JujuModel, ShownModel } from "./answers.ts";
import { type JujuErrorKind, type JujuProblem, jujuProblem, problemError, sayProblem } from "./errors.ts";

/** Which model is asked about, as it was recorded: a controller's name alone may be another controller's today. */
export type ModelIdentity = { controller: string; controllerUuid: string; modelUuid: string };

/**
 * Why it is not known for sure what became of a model:
 * - `unexplained-line`: juju printed something that may stand for a model left out of the list
 * - `controller-model-not-visible`: this user does not see even the controller's own model, so the list need not be whole;
 *   `shown` is what `juju show-model` answered, which proves nothing (`forbidden` is also said of a missing model)
 * - `other-controller`: the answer came from another controller of this name, or the model was migrated
 * - `unknown-life`: Juju calls its life something new
 * - `unreachable`, `failed`: there was no answer; the problem says why
 */
export type UnclearReason =
  | { code: "unexplained-line"; lines: string[] }
  | { code: "controller-model-not-visible"; shown?: JujuErrorKind }
  | { code: "other-controller"; expected: string; found: string[] }
  | { code: "unknown-life"; life: string }
  | { code: "unreachable" | "failed"; problem: JujuProblem };

export type Presence = {
  state: "alive" | "dying" | "dead" | "gone" | "unclear";
  model?: JujuModel;
  /** Why it is unclear. */
  reasons?: UnclearReason[];
  /** The reasons in words. */
  why?: string;
  /** All that the lists showed. */
  models?: JujuModel[];
};

const sayReason = (reason: UnclearReason): string => {
  switch (reason.code) {
    case "unexplained-line":
      return `juju says: ${reason.lines.join("; ")}`;
    case "controller-model-not-visible":
      return "the list lacks even the controller's own model: this user may not see all models";
    case "other-controller":
      return `the answer is about the controller ${reason.found.join(", ")}, not ${reason.expected}`;
    case "unknown-life":
      return `juju calls its life "${reason.life}"`;
    case "unreachable":
    case "failed":
      return sayProblem(reason.problem);
  }
};

const unclear = (reasons: UnclearReason[], model?: JujuModel): Presence => ({
  state: "unclear",
  ...(model ? { model } : {}),
  reasons,
  why: reasons.map(sayReason).join("; "),
});

/** What a model that is in the list is, by its life. */
export const lifeOf = (model: JujuModel): Presence => {
  const { life } = model;
  return life === "alive" || life === "dying" || life === "dead"
    ? { state: life, model }
    : unclear([{ code: "unknown-life", life }], model);
};

/**
 * What fresh lists of models say about one. Gone only if nothing speaks against it: a model can be left out of the list
 * with exit code 0 and a bare line on stderr, a user without access to the controller model may not see the whole list, and
 * another controller of the same name knows nothing of it. One read is not enough to believe in "gone": ask twice.
 * @param controllerUuid the recorded controller's; without it, the answer is not checked against it
 */
export const presenceIn = (
  uuid: string,
  list: { models: JujuModel[]; complaints: string[] },
  controllerUuid?: string,
): Presence => {
  const model = list.models.find((each) => each.uuid === uuid);
  const others = (model ? [model] : list.models)
    .map((each) => each.controllerUuid)
    .filter((each) => controllerUuid !== undefined && each !== controllerUuid);
  const reasons: UnclearReason[] = [];
  if (others.length > 0)
    reasons.push({ code: "other-controller", expected: controllerUuid ?? "", found: [...new Set(others)] });
  if (model) return reasons.length > 0 ? unclear(reasons, model) : lifeOf(model);
  if (list.complaints.length > 0) reasons.push({ code: "unexplained-line", lines: list.complaints });
  if (!list.models.some((each) => each.isController)) reasons.push({ code: "controller-model-not-visible" });
  return reasons.length > 0 ? unclear(reasons) : { state: "gone" };
};

/** A look that had an answer. @throws TeardownError `juju` when nobody answered it, so that an outage can be waited for */
export const mustAnswer = (seen: Presence): Presence => {
  for (const reason of seen.reasons ?? [])
    if (reason.code === "unreachable") throw problemError(reason.problem);
  return seen;
};

/** The questions that it takes. */
export type PresenceQuestions = {
  models(options: { all: boolean }): Promise<{ models: JujuModel[]; complaints: string[] }>;
  showModel(): Promise<ShownModel>;
};

/** What passes by itself is a reason; what does not (login, controller, binary, an abort) is thrown. */
const passing = (error: unknown): UnclearReason => {
  const problem = jujuProblem(error);
  switch (problem?.kind) {
    case "unreachable":
    case "timeout":
      return { code: "unreachable", problem };
    case "failed":
    case "bad-answer":
      return { code: "failed", problem };
    default:
      throw error;
  }
};

/**
 * Looks for a model: in the user's own list; where that lacks it, in the list of all models, which shows a superuser what he
 * has no explicit grant for; and where that lacks even the controller's own model, by its UUID.
 */
export const lookForModel = async (
  uuid: string,
  controllerUuid: string | undefined,
  ask: PresenceQuestions,
): Promise<Presence> => {
  try {
    const own = await ask.models({ all: false });
    const inOwn = presenceIn(uuid, own, controllerUuid);
    if (inOwn.model) return { ...inOwn, models: own.models };
    const all = await ask.models({ all: true }).catch((error: unknown) => {
      if (jujuProblem(error)?.kind === "forbidden") return { models: [], complaints: [] };
      throw error;
    });
    const both = {
      models: [...new Map([...own.models, ...all.models].map((each) => [each.uuid, each])).values()],
      complaints: [...new Set([...own.complaints, ...all.complaints])],
    };
    const seen: Presence = { ...presenceIn(uuid, both, controllerUuid), models: both.models };
    const hidden = seen.reasons?.find(({ code }) => code === "controller-model-not-visible");
    if (seen.model || !hidden) return seen;
    const others = seen.reasons?.filter((reason) => reason !== hidden) ?? [];
    try {
      const model = await ask.showModel();
      const shown = presenceIn(uuid, { models: [model], complaints: [] }, controllerUuid);
      return { ...shown, models: [...both.models, model] };
    } catch (error) {
      const shown = jujuProblem(error)?.kind;
      if (shown === "forbidden" || shown === "not-found")
        return {
          ...unclear([...others, { code: "controller-model-not-visible", shown }]),
          models: both.models,
        };
      return unclear([...others, { code: "controller-model-not-visible" }, passing(error)]);
    }
  } catch (error) {
    return unclear([passing(error)]);
  }
};
