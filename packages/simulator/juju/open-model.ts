import { fail } from "./failure.ts";
import { lookUpModel, type StoredModel, targetModel } from "./resolve.ts";
import { connect, type Session } from "./session.ts";
import type { Model } from "./state.ts";

export type OpenModel = { readonly model: Model; readonly stored: StoredModel };

/**
 * Finds the model that a command addresses and connects to it.
 *
 * @param gone what the command says when the client knows the model and the controller does not
 */
export const openModel = async (
  session: Session,
  given: string | undefined,
  gone: (stored: StoredModel) => string = ({ shown }) =>
    `model "${shown}" has been removed from the controller, run 'juju models' and switch to one of them.`,
): Promise<OpenModel> => {
  const stored = await lookUpModel(session, targetModel(session, given));
  await connect(session, stored.controller);
  const model = session.world.state.models.get(stored.uuid);
  return model ? { model, stored } : fail(gone(stored));
};
