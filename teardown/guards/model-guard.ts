import type { JujuModel } from "../clients/juju.ts";
import type { Settings } from "../config/settings.ts";
import type { Context } from "../context.ts";
import type { ModelRecord } from "../record.ts";
import type { Finding } from "../run/event.ts";
import { note, ok, refused } from "./finding.ts";

/** What the Juju side answered; `models` is undefined when it could not be asked. */
export type JujuView = { findings: Finding[]; models: JujuModel[] | undefined };

/** Judges the model that Juju shows under the recorded UUID. Asked by the guards, and again before and while it is destroyed. */
export const judgeModel = (model: JujuModel, recorded: ModelRecord): Finding => {
  const subject = `${model.name} ${model.uuid}`;
  if (model.isController) {
    return refused("model", subject, "is the controller's own model; it is never destroyed", {
      expected: "the model of the lab",
      next: "correct `jujuModel`, then: pulumi up",
    });
  }
  if (model.status === "suspended") {
    const credential = model.credential ?? "the model's cloud credential";
    return refused(
      "model",
      subject,
      `is suspended (${model.statusMessage || "its cloud credential is not valid"}) and would never go away`,
      {
        expected: "a valid cloud credential",
        next: `juju update-credential ${model.cloud} ${credential.split("/").at(-1)} --controller ${recorded.controller}   # then: pulumi destroy`,
      },
    );
  }
  if (model.name !== recorded.name) {
    return refused("model", subject, "has another name than the one recorded at `up`", {
      expected: recorded.name,
      next: "check which model this is, then: pulumi up",
    });
  }
  return ok(
    "model",
    subject,
    model.life === "alive" ? "the recorded model, alive" : `the recorded model, ${model.life} already`,
  );
};

const absent = (recorded: ModelRecord, models: JujuModel[], complaints: string[]): Finding => {
  const namesake = models.find((model) => model.name === recorded.name);
  if (namesake) {
    return refused(
      "model",
      `${recorded.name} ${namesake.uuid}`,
      "is another model than the one recorded at `up`: the lab was rebuilt since",
      {
        expected: recorded.uuid,
        next: "pulumi up   # records today's lab; then: pulumi preview",
      },
    );
  }
  // A model can be left out of `juju models` with exit code 0 and only a line on stderr (juju.md 1.4).
  if (complaints.length > 0 || !models.some((model) => model.isController)) {
    return refused(
      "model",
      recorded.name,
      `cannot be seen for sure: juju said ${JSON.stringify(complaints.join("; ") || "nothing of the controller's own model")}`,
      {
        expected: "a complete list of models",
        next: `juju models -c ${recorded.controller}   # when it answers cleanly: pulumi destroy`,
      },
    );
  }
  return note("model", `${recorded.name} ${recorded.uuid}`, "is gone already");
};

/** Today's settings name the recorded model and its controller: no other was looked at by `up`. */
const namedToday = ({ jujuModel, jujuController }: Settings, recorded: ModelRecord): Finding[] => {
  const names = [recorded.name, recorded.name.split("/").at(-1)];
  const other = (key: string, value: string, expected: string): Finding =>
    refused("model", `${key}: ${value}`, "is not what was recorded at `up`", {
      expected,
      next: `pulumi config set ${key} ${expected}   # or, if ${value} is right: pulumi up, then: pulumi preview`,
    });
  return [
    ...(names.includes(jujuModel) ? [] : [other("jujuModel", jujuModel, recorded.name)]),
    ...(jujuController === "" || jujuController === recorded.controller
      ? []
      : [other("jujuController", jujuController, recorded.controller)]),
  ];
};

/**
 * Juju answers a real read (whoami reads files only; its identity is recorded, not believed), and the model is the recorded
 * one: not the controller's, not suspended, not a namesake.
 */
export const modelGuard = async (
  context: Context,
  recorded: ModelRecord | undefined,
  controller: string,
): Promise<JujuView> => {
  const findings = recorded ? namedToday(context.settings, recorded) : [];
  try {
    const [who, { models, complaints }] = await Promise.all([
      context.juju.whoami().catch(() => undefined),
      context.juju.models(controller),
    ]);
    findings.push(
      ok(
        "juju",
        controller || who?.controller || "controller",
        `answers, as ${who?.user ?? "an unnamed user"}`,
      ),
    );
    const other = models.find(({ controllerUuid }) => recorded && controllerUuid !== recorded.controllerUuid);
    if (recorded && other) {
      findings.push(
        refused(
          "controller",
          `${controller} ${other.controllerUuid}`,
          "is another controller than the one recorded at `up`, or the model was migrated to it",
          {
            expected: recorded.controllerUuid,
            next: "check JUJU_DATA and `juju controllers`; if this controller is right: pulumi up   # then: pulumi preview",
          },
        ),
      );
    } else if (recorded) {
      const model = models.find(({ uuid }) => uuid === recorded.uuid);
      findings.push(model ? judgeModel(model, recorded) : absent(recorded, models, complaints));
    } else {
      findings.push(note("model", context.settings.jujuModel, "was gone already at `up`"));
    }
    return { findings, models };
  } catch (error) {
    const [first = "", ...more] = (error as Error).message.split("\n");
    findings.push(
      refused("juju", controller || "controller", first, {
        expected: "a list of its models",
        ...(more[0] && { next: more.join(" ").trim() }),
      }),
    );
    return { findings, models: undefined };
  }
};
