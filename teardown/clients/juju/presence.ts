import type { JujuModel } from "./answers.ts";

export type Presence = {
  state: "alive" | "dying" | "dead" | "gone" | "unclear";
  model?: JujuModel;
  /** Why it is unclear. */
  why?: string;
};

/**
 * What one fresh `juju models` says about a model. Gone only if nothing speaks against it: a model can be left out of the list
 * with exit code 0 and a bare line on stderr, and a user without access to the controller model may not see the whole list.
 * One read is not enough to believe in "gone": ask twice.
 */
export const presenceIn = (uuid: string, list: { models: JujuModel[]; complaints: string[] }): Presence => {
  const model = list.models.find((each) => each.uuid === uuid);
  if (model) {
    const { life } = model;
    return life === "alive" || life === "dying" || life === "dead"
      ? { state: life, model }
      : { state: "unclear", model, why: `juju calls its life "${life}"` };
  }
  if (list.complaints.length > 0) {
    return { state: "unclear", why: `juju says: ${list.complaints.join("; ")}` };
  }
  if (!list.models.some((each) => each.isController)) {
    return { state: "unclear", why: "the list lacks even the controller's own model" };
  }
  return { state: "gone" };
};
