import { fail } from "./failure.ts";
import { isAllowed } from "./grants.ts";
import { lookUpModel, type ModelTarget, type StoredModel, targetModel } from "./resolve.ts";
import { connect, type Session } from "./session.ts";
import type { Model } from "./state.ts";

export type OpenModel = { readonly model: Model; readonly stored: StoredModel; readonly user: string };

/**
 * Finds the model that a command addresses and connects to it.
 *
 * @param gone what the command says when the client knows the model and the controller does not
 * @param denied what it says to a user to whom nothing was granted on the model
 */
export const openModel = async (
  session: Session,
  given: string | ModelTarget | undefined,
  gone: (stored: StoredModel) => string = ({ shown }) =>
    `model "${shown}" has been removed from the controller, run 'juju models' and switch to one of them.`,
  denied = "permission denied (unauthorized access)",
): Promise<OpenModel> => {
  const target = typeof given === "object" ? given : targetModel(session, given);
  const stored = await lookUpModel(session, target);
  const user = await connect(session, stored.controller);
  const model = session.simulation.state.models.get(stored.uuid);
  if (!model) return fail(gone(stored));
  if (!isAllowed(session, model, user)) return fail(denied);
  return { model, stored, user };
};
