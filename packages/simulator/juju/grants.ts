import type { Simulation } from "./reap.ts";
import type { ControllerScenario, ModelAccess } from "./scenario.ts";
import type { Model } from "./state.ts";

/** What a user may do on the controller. */
export const accessOf = (scenario: ControllerScenario, user: string): ControllerScenario["access"] => {
  if (user === scenario.user) return scenario.access;
  return scenario.users[user] ?? (user === scenario.bootstrappedBy ? "superuser" : "login");
};

export const isSuperuser = (scenario: ControllerScenario, user: string): boolean =>
  accessOf(scenario, user) === "superuser";

/** What was granted to a user on a model; undefined when nothing was, which does not keep a superuser out. */
export const grantOf = (
  scenario: ControllerScenario,
  { scenario: model, owner }: Model,
  user: string,
): Exclude<ModelAccess, "none"> | undefined => {
  const given = model.users[user] ?? (user === scenario.user ? model.access : undefined);
  const grant = given ?? (user === owner ? "admin" : undefined);
  return grant === "none" ? undefined : grant;
};

/** Whether a user may see a model at all. */
export const isAllowed = (
  { simulation }: { simulation: Simulation },
  model: Model,
  user: string,
): boolean => {
  const { scenario } = simulation.state;
  return isSuperuser(scenario, user) || grantOf(scenario, model, user) !== undefined;
};

/** The users that the controller knows. */
export const usersOf = (scenario: ControllerScenario, models: Iterable<Model>): ReadonlySet<string> =>
  new Set([
    scenario.user,
    scenario.bootstrappedBy,
    ...Object.keys(scenario.users),
    ...[...models].flatMap(({ owner, scenario: { users } }) => [owner, ...Object.keys(users)]),
  ]);
