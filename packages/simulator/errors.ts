/** A scenario, an option or a control operation that cannot be used; the message says why and is meant for whoever wrote it. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}
